using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The scout of PMMC 2.3 (figure 6): makes a majority of acceptors adopt a ballot, and collects what they had accepted. One an attempt at a
/// ballot; it ends with <see cref="Adopted"/> or <see cref="Preempted"/>.
/// </summary>
/// <remarks>A promise comes in pages; an acceptor counts when its last page has come. <see cref="Resend"/> paces the repeats.</remarks>
public class Scout : UntypedActor
{
    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly IActorRef _leader;
    private readonly Ballot _ballot;
    private readonly long _fromSlot;
    private readonly Configuration[] _configurations; // of all slots from there on, as far as is known

    private readonly SortedDictionary<NodeId, long> _waitFor = []; // which page each acceptor owes: its first slot
    private readonly SortedDictionary<NodeId, DiskId> _promised = []; // from which disk
    private readonly SortedDictionary<long, PValue> _pvalues = []; // pmax
    private long _truncatedBelow = 1;

    /// <summary>A scout for <paramref name="ballot"/>, which asks for the slots from <paramref name="fromSlot"/> on.</summary>
    public Scout(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    {
        (_context, _leader, _ballot, _fromSlot) = (context, leader, ballot, fromSlot);
        _link = new RoleLink(Context, context, "scout");
        _configurations = [.. context.Membership.History.From(fromSlot)];
        foreach (var node in _configurations.SelectMany(c => c.Voters).Distinct()) _waitFor.Add(node, fromSlot);
    }

    /// <inheritdoc/>
    protected override void PreStart() => AskAll();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Promise m: OnPromise(m); break;
            case Resend: AskAll(); break;
            default: Unhandled(message); break;
        }
    }

    // p1a, to all that owe an answer.
    private void AskAll()
    {
        foreach (var (node, slot) in _waitFor) Ask(node, slot);
    }

    private void Ask(NodeId node, long slot) => _link.Tell(node, "acceptor", _context.Peers.Acceptor(node), new Prepare(_ballot, slot));

    // p1b
    private void OnPromise(Promise promise)
    {
        if (promise.Promised > _ballot)
        {
            Finish(new Preempted(promise.Promised));
            return;
        }

        // A page that comes again, or after a later one, is known already.
        if (promise.Promised != _ballot || !_waitFor.TryGetValue(promise.From, out var owed) || owed != promise.FromSlot) return;

        _truncatedBelow = Math.Max(_truncatedBelow, promise.TruncatedBelow);
        foreach (var pvalue in promise.Accepted)
            if (!_pvalues.TryGetValue(pvalue.Slot, out var known) || Supersedes(pvalue, known))
                _pvalues[pvalue.Slot] = pvalue;

        if (promise.NextSlot > 0)
        {
            _waitFor[promise.From] = promise.NextSlot;
            _link.Tell(_context.Self, "leader", _leader, new ScoutAdvanced(_ballot));
            Ask(promise.From, promise.NextSlot);
            return;
        }

        _waitFor.Remove(promise.From);
        _promised[promise.From] = promise.Disk;
        if (Array.TrueForAll(_configurations, IsAdopted))
            Finish(new Adopted(_ballot, _truncatedBelow, [.. _pvalues.Values]));
    }

    /// <summary>Whether a pvalue takes the place of another one that was found in its slot: pmax of PMMC 2.3, the highest ballot wins.</summary>
    protected virtual bool Supersedes(PValue found, PValue known) => found.Ballot > known.Ballot;

    private bool IsAdopted(Configuration configuration) =>
        IsQuorum(configuration, _promised.Where(p => configuration.Counts(p.Key, p.Value)).Select(p => p.Key).ToHashSet());

    /// <summary>Whether the promises of these acceptors are enough: a quorum of phase 1. To be met in each configuration that its slots may have (M1).</summary>
    protected virtual bool IsQuorum(Configuration configuration, IReadOnlySet<NodeId> acceptors) => configuration.Phase1.IsMetBy(acceptors);

    private void Finish(object outcome)
    {
        _link.Tell(_context.Self, "leader", _leader, outcome);
        Context.Stop(Self);
    }
}
