using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Acceptor = AkkaPaxos.Synod.Acceptor;
using AcceptorPromised = AkkaPaxos.Synod.AcceptorPromised;

namespace AkkaPaxos.Tests;

/// <summary>Roles of single-decree Paxos with one rule broken each, for checks whether tests notice.</summary>
internal static class SynodDoubles
{
    /// <summary>Accepts a lower ballot than it has promised.</summary>
    public sealed class AcceptsLowerBallot(SynodContext context) : Acceptor(context)
    {
        protected override bool MayAccept(Ballot asked, Ballot promised) => true;
    }

    /// <summary>Forgets its promise at a restart; what it has accepted it remembers.</summary>
    public sealed class ForgetsPromise(SynodContext context) : Acceptor(context)
    {
        protected override void OnRecover(object message)
        {
            if (message is not AcceptorPromised) base.OnRecover(message);
        }
    }

    /// <summary>Proposes its client's value whatever the promises say.</summary>
    public sealed class IgnoresHighest(SynodContext context) : Synod.Proposer(context)
    {
        protected override string? ChooseValue(Proposal? highest, string? requested) => requested ?? highest?.Value;
    }

    /// <summary>Counts the accepted of different ballots together.</summary>
    public sealed class CountsTogether(SynodContext context) : Learner(context)
    {
        protected override IReadOnlySet<NodeId> Count(Ballot ballot, IReadOnlyDictionary<Ballot, HashSet<NodeId>> accepted) =>
            accepted.Values.SelectMany(a => a).ToHashSet();
    }

    /// <summary>Takes n/2 of n acceptors for a majority.</summary>
    public sealed class HalfProposer(SynodContext context) : Synod.Proposer(context)
    {
        private readonly int _half = context.Peers.Acceptors.Count / 2;

        protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
    }

    /// <summary>Takes n/2 of n acceptors for a majority.</summary>
    public sealed class HalfLearner(SynodContext context) : Learner(context)
    {
        private readonly int _half = context.Peers.Acceptors.Count / 2;

        protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
    }
}
