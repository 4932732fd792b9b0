using Akka.Actor;

namespace Akka.Remote;

/// <summary>The number that tells one incarnation of an actor system from the next at the same address.</summary>
public class AddressUid : IExtension
{
    public readonly int Uid = Random.Shared.Next(1, int.MaxValue);
}

/// <inheritdoc cref="AddressUid" />
public class AddressUidExtension : ExtensionIdProvider<AddressUid>
{
    private static readonly AddressUidExtension Instance = new();

    public static int Uid(ActorSystem system) => Instance.Apply(system).Uid;

    public override AddressUid CreateExtension(ExtendedActorSystem system) => new();
}
