using Akka.Actor;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>Replica to its encoder: make bytes of this state. Answered with a <see cref="ReplicaSnapshot"/>.</summary>
/// <param name="SlotOut">Every slot below is executed in it.</param>
/// <param name="Encode">Makes the bytes.</param>
internal sealed record EncodeSnapshot(long SlotOut, Func<byte[]> Encode) : INodeMessage;

/// <summary>Encodes a replica's snapshots beside it, so that it goes on executing meanwhile: a large state takes seconds.</summary>
internal sealed class SnapshotEncoder : UntypedActor
{
    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is not EncodeSnapshot due)
        {
            Unhandled(message);
            return;
        }

        byte[] state;
        try
        {
            state = due.Encode();
        }
        catch (Exception e)
        {
            throw new StateMachineException(due.SlotOut, e);
        }

        Sender.Tell(new ReplicaSnapshot(due.SlotOut, state), Self);
    }
}
