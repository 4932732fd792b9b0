#nullable disable
namespace Akka.Actor;

/// <summary>Something there is one of per actor system.</summary>
public interface IExtension { }

public interface IExtensionId
{
    object Apply(ActorSystem system);
    object Get(ActorSystem system);
    object CreateExtension(ExtendedActorSystem system);
    Type ExtensionType { get; }
}

public interface IExtensionId<out T> : IExtensionId where T : IExtension
{
    new T Apply(ActorSystem system);
    new T Get(ActorSystem system);
    new T CreateExtension(ExtendedActorSystem system);
}

public abstract class ExtensionIdProvider<T> : IExtensionId<T> where T : IExtension
{
    public T Apply(ActorSystem system) => (T)system.RegisterExtension(this);
    object IExtensionId.Apply(ActorSystem system) => Apply(system);
    public T Get(ActorSystem system) => (T)system.GetExtension(this);
    object IExtensionId.Get(ActorSystem system) => Get(system);
    object IExtensionId.CreateExtension(ExtendedActorSystem system) => CreateExtension(system);
    public abstract T CreateExtension(ExtendedActorSystem system);
    public Type ExtensionType => typeof(T);
    public override bool Equals(object obj) => obj is not null && obj.GetType() == GetType();
    public override int GetHashCode() => GetType().GetHashCode();
}

public static class ActorSystemWithExtensions
{
    public static T WithExtension<T>(this ActorSystem system) where T : class, IExtension => system.GetExtension<T>();

    public static T WithExtension<T>(this ActorSystem system, Type extensionId) where T : class, IExtension =>
        (T)system.RegisterExtension((IExtensionId)Activator.CreateInstance(extensionId));

    public static T WithExtension<T, TI>(this ActorSystem system) where T : class, IExtension where TI : IExtensionId =>
        (T)system.RegisterExtension((IExtensionId)Activator.CreateInstance(typeof(TI)));
}
