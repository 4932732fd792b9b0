using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace AkkaPaxos.Cli.Tests;

/// <summary>
/// What the product's assemblies use of Akka.NET: what the metadata refers to, so an override or an implementation of a member is not use. A member
/// is internal or obsolete where it or a type around it carries <c>InternalApiAttribute</c> or <c>ObsoleteAttribute</c>.
/// </summary>
public sealed class AkkaMembersTests
{
    /// <summary>What cannot be done without: the member, and why.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["Akka.Actor.IInternalActorRef"] = "references of one's own have to be such: IActorRefProvider returns them, Context.Watch takes no others",
        ["Akka.Actor.IActorRefScope"] = "an IInternalActorRef is one",
        ["Akka.Serialization.Information"] = "the type of IActorRefProvider.SerializationInformation",
    };

    public static TheoryData<string> Assemblies =>
        [.. Directory.GetFiles(AppContext.BaseDirectory, "AkkaPaxos*.dll").Select(Path.GetFileName)
            .Where(f => !f!.EndsWith("Tests.dll", StringComparison.Ordinal)).OfType<string>().Order()];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_member_of_Akka_is_used_that_is_internal_or_obsolete(string file) =>
        Assert.Empty(Used(file).Where(m => !Exceptions.ContainsKey(m.Name) && m.Why is not null).Select(m => $"{m.Name}: {m.Why}"));

    [Fact]
    public void Every_exception_is_needed()
    {
        var used = Directory.GetFiles(AppContext.BaseDirectory, "AkkaPaxos*.dll").SelectMany(f => Used(Path.GetFileName(f)))
            .Where(m => m.Why is not null).Select(m => m.Name).ToHashSet();
        Assert.Empty(Exceptions.Keys.Except(used));
    }

    [Fact]
    public void What_is_internal_or_obsolete_is_found()
    {
        // This assembly uses one of each, below.
        var found = Used(Path.GetFileName(typeof(AkkaMembersTests).Assembly.Location)).Where(m => m.Why is not null).Select(m => (m.Name, m.Why));
        Assert.Contains(("Akka.Actor.IInternalActorRef.Stop", "InternalApi"), found);
        Assert.Contains(("Akka.Pattern.Backoff.OnStop", "Obsolete"), found);
    }

#pragma warning disable CS0618
    internal static object UsesBoth(Akka.Actor.IInternalActorRef actor)
    {
        actor.Stop();
        return Akka.Pattern.Backoff.OnStop(Akka.Actor.Props.Empty, "child", TimeSpan.Zero, TimeSpan.Zero, 0);
    }
#pragma warning restore CS0618

    private static IEnumerable<(string Name, string? Why)> Used(string file)
    {
        using var image = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, file)));
        var metadata = image.GetMetadataReader();
        var used = new List<(string, string?)>();
        foreach (var handle in metadata.TypeReferences)
            if (TypeOf(metadata, handle) is { } type)
                used.Add((type.FullName!, Mark(type)));
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (TypeOf(metadata, member.Parent) is not { } type) continue;
            var name = metadata.GetString(member.Name);
            // Overloads have one name: one that is marked is taken for used where its number of parameters is the one that is called.
            var parameters = member.GetKind() == MemberReferenceKind.Method ? Parameters(metadata, member) : -1;
            used.Add(($"{type.FullName}.{name}", Mark(type) ?? Members(type, name, parameters).Select(MarkOf).FirstOrDefault(m => m is not null)));
        }
        return used;
    }

    private static Type? TypeOf(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                var reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                var name = metadata.GetString(reference.Name);
                if (reference.ResolutionScope.Kind == HandleKind.TypeReference)
                    return TypeOf(metadata, reference.ResolutionScope)?.GetNestedType(name, BindingFlags.Public | BindingFlags.NonPublic);
                if (reference.ResolutionScope.Kind != HandleKind.AssemblyReference) return null;
                var assembly = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name);
                return assembly != "Akka" && !assembly.StartsWith("Akka.", StringComparison.Ordinal)
                    ? null
                    : Assembly.Load(assembly).GetType($"{metadata.GetString(reference.Namespace)}.{name}", throwOnError: true);
            case HandleKind.TypeSpecification:
                var signature = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
                if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance) return null;
                signature.ReadByte(); // class or value type
                return TypeOf(metadata, signature.ReadTypeHandle());
            default:
                return null;
        }
    }

    private static int Parameters(MetadataReader metadata, MemberReference member)
    {
        var signature = metadata.GetBlobReader(member.Signature);
        if (signature.ReadSignatureHeader().IsGeneric) signature.ReadCompressedInteger();
        return signature.ReadCompressedInteger();
    }

    private static IEnumerable<MemberInfo> Members(Type type, string name, int parameters) =>
        type.GetMember(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)
            .Where(m => m is not MethodBase method || method.GetParameters().Length == parameters);

    private static string? MarkOf(MemberInfo member)
    {
        if (Mark(member) is { } mark) return mark;
        if (member is not MethodInfo { IsSpecialName: true, DeclaringType: { } type } accessor) return null;
        // The mark of a property or an event stands beside its accessors, not on them.
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        return type.GetProperties(all).Where(p => p.GetAccessors(true).Contains(accessor)).Select(Mark).FirstOrDefault(m => m is not null);
    }

    private static string? Mark(MemberInfo member)
    {
        for (MemberInfo? m = member; m is not null; m = m.DeclaringType)
            foreach (var attribute in m.CustomAttributes.Select(a => a.AttributeType))
                if (attribute == typeof(ObsoleteAttribute)) return "Obsolete";
                else if (attribute.FullName == "Akka.Annotations.InternalApiAttribute") return "InternalApi";
        return null;
    }
}
