#nullable disable
using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using Akka.Configuration;

namespace Akka.Actor;

/// <summary>Makes actors in a way of its own, for instance from a dependency container.</summary>
public interface IIndirectActorProducer
{
    Type ActorType { get; }
    ActorBase Produce();
    void Release(ActorBase actor);
}

/// <summary>Where and how an actor is deployed; here: its mailbox and its dispatcher.</summary>
public class Deploy : IEquatable<Deploy>
{
    public static readonly string NoDispatcherGiven = string.Empty;
    public static readonly string NoMailboxGiven = string.Empty;
    public static readonly Deploy Local = new();
    public static readonly Deploy None = Local;

    public Deploy() { }
    private Deploy(string dispatcher, string mailbox) => (Dispatcher, Mailbox) = (dispatcher, mailbox);

    public string Dispatcher { get; } = NoDispatcherGiven;
    public string Mailbox { get; } = NoMailboxGiven;
    public virtual Deploy WithDispatcher(string dispatcher) => new(dispatcher, Mailbox);
    public virtual Deploy WithMailbox(string mailbox) => new(Dispatcher, mailbox);
    public bool Equals(Deploy other) => other is not null && Dispatcher == other.Dispatcher && Mailbox == other.Mailbox;
    public override bool Equals(object obj) => Equals(obj as Deploy);
    public override int GetHashCode() => HashCode.Combine(Dispatcher, Mailbox);
}

/// <summary>Deployment by configuration; the project deploys by props only.</summary>
public class Deployer
{
    public Deployer(Settings settings) { }
    public Deploy Lookup(ActorPath path) => Deploy.None;
}

/// <summary>How to make an actor. Immutable; compiled factories are shared by all props of a class.</summary>
public class Props : IEquatable<Props>
{
    private static readonly object[] NoArguments = [];
    private readonly object[] _arguments;
    private readonly Func<object[], ActorBase> _factory;
    private readonly IIndirectActorProducer _producer;

    public static readonly Props None = new(Deploy.Local, typeof(NoActor), NoArguments);

    public Props(Type type, params object[] args) : this(Deploy.None, type, args) { }

    public Props(Deploy deploy, Type type, params object[] args)
    {
        Type = type ?? throw new ArgumentNullException(nameof(type), "Props must be instantiated with an actor type.");
        Deploy = deploy;
        _arguments = args ?? NoArguments;
        if (!typeof(ActorBase).IsAssignableFrom(type)) throw new ArgumentException($"Type provided must inherit from {typeof(ActorBase).FullName}", nameof(type));
        _factory = type.IsAbstract ? null : ActorFactories.For(type, _arguments);
    }

    private Props(Type type, Func<object[], ActorBase> factory, IIndirectActorProducer producer, object[] args, Deploy deploy, SupervisorStrategy strategy)
    {
        (Type, _factory, _producer, _arguments, Deploy, SupervisorStrategy) = (type, factory, producer, args, deploy, strategy);
    }

    public Type Type { get; }
    public string TypeName => Type.AssemblyQualifiedName;
    public object[] Arguments => _arguments;
    public string Dispatcher => Deploy.Dispatcher;
    public string Mailbox => Deploy.Mailbox;
    public Deploy Deploy { get; protected set; }
    public SupervisorStrategy SupervisorStrategy { get; protected set; }
    public static Props Empty => None;

    public static Props Create<TActor>(params object[] args) where TActor : ActorBase => new(typeof(TActor), args);
    public static Props Create(Type type, params object[] args) => new(type, args);

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy) where TActor : ActorBase, new() =>
        Create<TActor>().WithSupervisorStrategy(supervisorStrategy);

    /// <summary>From <c>() =&gt; new MyActor(a, b)</c>. The arguments are evaluated now, and used again at each restart.</summary>
    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy supervisorStrategy = null) where TActor : ActorBase
    {
        if (factory.Body is not NewExpression creation)
            throw new ArgumentException("The create function must be a 'new T (args)' expression", nameof(factory));
        var args = creation.Arguments.Select(Evaluate).ToArray();
        var props = new Props(creation.Type, ActorFactories.For(creation.Constructor, creation.Type), null, args, Deploy.None, supervisorStrategy);
        return props;
    }

    private static object Evaluate(Expression argument) => argument switch
    {
        ConstantExpression constant => constant.Value,
        MemberExpression { Expression: ConstantExpression { Value: { } closure }, Member: FieldInfo field } => field.GetValue(closure),
        _ => Expression.Lambda<Func<object>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)(),
    };

    public static Props CreateBy<TProducer>(params object[] args) where TProducer : class, IIndirectActorProducer =>
        CreateBy((IIndirectActorProducer)Activator.CreateInstance(typeof(TProducer), args), args);

    public static Props CreateBy(IIndirectActorProducer producer, params object[] args) =>
        new(producer.ActorType, null, producer, args, Deploy.None, null);

    public Props WithMailbox(string mailbox) => With(Deploy.WithMailbox(mailbox), SupervisorStrategy);
    public Props WithDispatcher(string dispatcher) => With(Deploy.WithDispatcher(dispatcher), SupervisorStrategy);
    public Props WithDeploy(Deploy deploy) => With(deploy, SupervisorStrategy);
    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy) => With(Deploy, supervisorStrategy);
    private Props With(Deploy deploy, SupervisorStrategy strategy) => new(Type, _factory, _producer, _arguments, deploy, strategy);

    public virtual ActorBase NewActor()
    {
        if (_producer is not null) return _producer.Produce();
        return _factory is not null ? _factory(_arguments) : throw new InvalidOperationException($"No actor producer specified for [{Type.FullName}]; it is abstract.");
    }

    internal void Release(ActorBase actor) => _producer?.Release(actor);

    public bool Equals(Props other) => other is not null && Type == other.Type && Deploy.Equals(other.Deploy)
        && ReferenceEquals(_producer, other._producer) && _arguments.SequenceEqual(other._arguments);

    public override bool Equals(object obj) => Equals(obj as Props);
    public override int GetHashCode() => HashCode.Combine(Type, Deploy, _arguments.Length);

    private sealed class NoActor : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}

/// <summary>Constructors compiled once: the product makes thousands of actors a second.</summary>
internal static class ActorFactories
{
    private const BindingFlags AnyInstance = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

    private sealed class Constructor(ConstructorInfo info)
    {
        private Func<object[], ActorBase> _compiled;
        public ConstructorInfo Info { get; } = info;
        private Type[] Parameters { get; } = [.. info.GetParameters().Select(p => p.ParameterType)];
        public Func<object[], ActorBase> Compiled => _compiled ??= Compile();

        public bool Takes(object[] args)
        {
            if (Parameters.Length != args.Length) return false;
            for (var i = 0; i < args.Length; i++)
            {
                var type = Parameters[i];
                if (args[i] is null ? type.IsValueType && Nullable.GetUnderlyingType(type) is null : !type.IsInstanceOfType(args[i])) return false;
            }
            return true;
        }

        private Func<object[], ActorBase> Compile()
        {
            var args = Expression.Parameter(typeof(object[]));
            var values = Parameters.Select((type, i) => Expression.Convert(Expression.ArrayIndex(args, Expression.Constant(i)), type));
            return Expression.Lambda<Func<object[], ActorBase>>(Expression.New(Info, values), args).Compile();
        }
    }

    private static readonly ConcurrentDictionary<Type, Constructor[]> Constructors = new();

    private static Constructor[] Of(Type type) =>
        Constructors.GetOrAdd(type, static t => [.. t.GetConstructors(AnyInstance).Select(c => new Constructor(c))]);

    public static Func<object[], ActorBase> For(Type type, object[] args)
    {
        Constructor match = null;
        foreach (var candidate in Of(type))
        {
            if (!candidate.Takes(args)) continue;
            // More than one fits (null arguments, say): leave the choice to the binder.
            if (match is not null) return a => Activate(type, a);
            match = candidate;
        }
        // None fits: the binder may know a conversion, or says what is wrong.
        return match?.Compiled ?? (a => Activate(type, a));
    }

    public static Func<object[], ActorBase> For(ConstructorInfo constructor, Type type) =>
        Of(type).FirstOrDefault(c => c.Info == constructor)?.Compiled ?? (a => Activate(type, a));

    private static ActorBase Activate(Type type, object[] args) => (ActorBase)Activator.CreateInstance(type, AnyInstance, null, args, null);
}
