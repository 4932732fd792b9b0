using System.Reflection;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

public class HistoryRecorderTests
{
    private readonly HistoryRecorder<string, int> _recorder = new();

    [Fact]
    public void Events_are_numbered_in_their_order()
    {
        _recorder.Invoke("a", "x");
        _recorder.Invoke("b", "y");
        _recorder.Ok("b", 2);
        _recorder.Ok("a", 1);

        Assert.Equal([new("a", "x", 1, 0, 3), new("b", "y", 2, 1, 2)], _recorder.Operations);
    }

    [Fact]
    public void What_failed_is_not_in_it_and_what_has_no_answer_is_open()
    {
        _recorder.Invoke("a", "x");
        _recorder.Fail("a");
        _recorder.Invoke("a", "y");
        _recorder.Info("a");
        _recorder.Invoke("a", "z");

        Assert.Equal([("y", true), ("z", true)], _recorder.Operations.Select(o => (o.Call, o.IsOpen)));
    }

    [Fact]
    public void A_client_asks_for_one_thing_at_a_time()
    {
        _recorder.Invoke("a", "x");

        Assert.Throws<InvalidOperationException>(() => _recorder.Invoke("a", "y"));
        _recorder.Ok("a", 1);
        Assert.Throws<InvalidOperationException>(() => _recorder.Ok("a", 1));
        Assert.Throws<InvalidOperationException>(() => _recorder.Info("b"));
    }

    [Fact]
    public void The_checker_knows_nothing_of_actors()
    {
        const BindingFlags All =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var own = typeof(LinearizabilityChecker).Namespace;
        var types = typeof(LinearizabilityChecker).Assembly.GetTypes().Where(t => t.FullName!.StartsWith(own + ".")).ToList();
        Assert.True(types.Count > 20);
        foreach (var type in types)
        {
            var used = new List<Type?> { type.BaseType };
            used.AddRange(type.GetInterfaces());
            used.AddRange(type.GetFields(All).Select(f => f.FieldType));
            foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            {
                used.AddRange(method.GetParameters().Select(p => p.ParameterType).Append((method as MethodInfo)?.ReturnType));
                used.AddRange(method.GetMethodBody()?.LocalVariables.Select(v => v.LocalType) ?? []);
            }
            foreach (var other in used.SelectMany(Parts))
            {
                var isOwn = other.Assembly == type.Assembly && (other.Namespace ?? own) == own;
                Assert.True(isOwn || IsKnown(other.Assembly.GetName().Name!), $"{type} uses {other}");
            }
        }

        // The type itself, or what it is an array of, and its arguments.
        static IEnumerable<Type> Parts(Type? type) => type is null || type.IsGenericParameter ? []
            : type.HasElementType ? Parts(type.GetElementType())
            : [type, .. type.GetGenericArguments().SelectMany(Parts)];

        static bool IsKnown(string assembly) => assembly == "Sprache" || assembly.StartsWith("System.");
    }
}
