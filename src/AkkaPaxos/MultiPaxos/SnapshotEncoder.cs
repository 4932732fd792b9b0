using Akka.Actor;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Makes bytes of a <see cref="CapturedState"/>, and answers with a <see cref="ReplicaSnapshot"/>: beside the snapshotter, which goes on serving meanwhile, as
/// a large state takes seconds.
/// </summary>
internal sealed class SnapshotEncoder : UntypedActor
{
    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is not CapturedState captured)
        {
            Unhandled(message);
            return;
        }

        byte[] state;
        try
        {
            state = captured.Encode();
        }
        catch (Exception e)
        {
            throw new StateMachineException(captured.SlotOut, e);
        }

        Sender.Tell(new ReplicaSnapshot(captured.SlotOut, state), Self);
    }
}
