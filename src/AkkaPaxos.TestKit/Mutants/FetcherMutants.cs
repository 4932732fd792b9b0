using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>Does not take the decisions that it asked others for (liveness).</summary>
internal sealed class NeverCatchesUp(RoleContext context) : Fetcher(context)
{
    protected override void OnReceive(object message)
    {
        if (message is not Decisions) base.OnReceive(message);
    }
}
