using System.Globalization;
using System.Runtime.InteropServices;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>Something that must always hold did not.</summary>
/// <param name="At">The virtual time.</param>
/// <param name="Invariant">Its name in the design's list, or <c>linearizability</c>, <c>liveness</c>, <c>failure</c>, <c>unhandled</c>.</param>
/// <param name="What">What was seen.</param>
public sealed record Violation(TimeSpan At, string Invariant, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{At.TotalMilliseconds:0.###} ms: {Invariant}: {What}";
}

/// <summary>
/// Sees what acceptors have on disk, what nodes say to each other, what replicas apply and what clients are told, and checks it all against the
/// invariants of the design's section 4, at every event.
/// </summary>
internal sealed partial class ClusterObserver(Func<TimeSpan> now, Configuration founding, Func<string, DiskId> disk)
{
    private readonly SortedDictionary<string, AcceptorView> _acceptors = new(StringComparer.Ordinal);
    private readonly Dictionary<long, SlotView> _slots = [];
    private readonly Dictionary<(Ballot Ballot, DiskId Disk), Life> _scouts = []; // with a new disk a round may be used again that nobody had adopted
    private readonly Dictionary<(Ballot, long), Life> _commanders = [];
    private readonly Dictionary<long, (ulong Checksum, NodeId Node)> _checksums = [];
    private readonly Dictionary<string, long> _decidedUpTo = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _slotOut = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _snapshots = new(StringComparer.Ordinal); // on disk, every slot below is in them
    private readonly SortedDictionary<string, long> _saved = new(StringComparer.Ordinal); // also where the disk was lost later: that much a cluster can bear
    private readonly Dictionary<Ballot, HashSet<(NodeId, DiskId)>> _adopted = []; // by whom, in phase 1
    private readonly Membership _members = new(founding); // what the chosen slots below _chosenBelow lead to
    private long _chosenBelow = 1;
    private readonly Dictionary<string, long> _checks = new(StringComparer.Ordinal);

    /// <summary>One actor, from its start to its end. Its uid is random, and differs when a run is replayed: it is compared, and never shown.</summary>
    private sealed record Life(ActorPath Actor, int NodeStart)
    {
        private long Uid { get; } = Actor.Uid;

        public override string ToString() => $"{Actor.ToStringWithoutAddress()} of {Actor.Address.System}'s start {NodeStart}";
    }

    private sealed class AcceptorView
    {
        public Ballot Promised { get; set; } = Ballot.Bottom;

        public long TruncatedBelow { get; set; } = 1;

        /// <summary>Every ballot under which it accepted, by slot.</summary>
        public Dictionary<long, SortedSet<Ballot>> Accepted { get; } = [];

        public long HighestSlot { get; set; }
    }

    private sealed class SlotView
    {
        public SortedDictionary<Ballot, (Value Value, HashSet<(NodeId Node, DiskId Disk)> By)> PValues { get; } = [];

        public Ballot ChosenUnder { get; set; }

        public Value? Chosen { get; set; }
    }

    public List<Violation> Violations { get; } = [];

    /// <summary>How often each invariant was checked: an idle run shows.</summary>
    public IReadOnlyDictionary<string, long> Checks => _checks;

    /// <summary>Slots in which a value was chosen.</summary>
    public long Chosen { get; private set; }

    /// <summary>The highest position that any client was told of: the floor for what is asked from now on.</summary>
    public long Returned => _returned;

    public void Violated(string invariant, string what)
    {
        // The first is what counts; one that makes all that follows wrong need not be told a thousand times.
        if (Violations.Count < 10) Violations.Add(new Violation(now(), invariant, what));
    }

    /// <summary>Something was checked.</summary>
    public void Count(string invariant) => CollectionsMarshal.GetValueRefOrAddDefault(_checks, invariant, out _)++;

    public void Check(string invariant, bool holds, Func<string> what)
    {
        Count(invariant);
        if (!holds) Violated(invariant, what());
    }

    // ---- acceptors: what is on disk ----

    public void Synced(string node, object payload)
    {
        switch (payload)
        {
            case AcceptorPromised e:
                Adopted(node, e.Ballot);
                if (!_adopted.TryGetValue(e.Ballot, out var by)) _adopted.Add(e.Ballot, by = []);
                by.Add((Id(node), disk(node)));
                break;
            case AcceptorAccepted e: Accepted(node, e.PValue); break;
            case AcceptorTruncated e:
                var view = View(node);
                for (var slot = view.TruncatedBelow; slot < e.BelowSlot; slot++)
                {
                    var closed = slot;
                    Check("A3", Slot(closed).Chosen is not null, () => $"{node} truncated below {e.BelowSlot}, but slot {closed} is not chosen");
                }
                Check("A3", e.BelowSlot <= view.TruncatedBelow || _members.History.Between(e.BelowSlot, e.BelowSlot + founding.Window - 1).All(c => c.Phase1.IsMetBy(HaveBelow(_saved, e.BelowSlot))), () => $"{node} truncated below {e.BelowSlot}, "
                    + $"which a majority has no snapshots of: {string.Join(", ", _saved.Select(s => $"{s.Key} has below {s.Value}"))}");
                view.TruncatedBelow = Math.Max(view.TruncatedBelow, e.BelowSlot);
                Adopted(node, e.Promised);
                break;
            case ReplicaSnapshot e:
                _snapshots[node] = Math.Max(_snapshots.GetValueOrDefault(node), e.SlotOut);
                _saved[node] = Math.Max(_saved.GetValueOrDefault(node), e.SlotOut);
                break;
        }
    }

    private void Adopted(string node, Ballot ballot)
    {
        var view = View(node);
        Check("A1", ballot >= view.Promised, () => $"{node} went from ballot {view.Promised} back to {ballot}");
        if (ballot > view.Promised) view.Promised = ballot;
    }

    private void Accepted(string node, PValue pvalue)
    {
        var view = View(node);
        Check("A2", pvalue.Ballot >= view.Promised, () => $"{node} accepted {pvalue.Ballot} in slot {pvalue.Slot} after it promised {view.Promised}");
        Adopted(node, pvalue.Ballot);
        if (!view.Accepted.TryGetValue(pvalue.Slot, out var ballots)) view.Accepted.Add(pvalue.Slot, ballots = []);
        view.HighestSlot = Math.Max(view.HighestSlot, pvalue.Slot);
        ballots.Add(pvalue.Ballot);
        var slot = Proposed(pvalue, $"{node} accepted");
        var (value, by) = slot.PValues[pvalue.Ballot];
        by.Add((Id(node), disk(node)));
        if (slot.Chosen is { } chosen && pvalue.Ballot > slot.ChosenUnder)
            Check("A5", chosen.Equals(value), () => $"{node} accepted {value} under {pvalue.Ballot} in slot {pvalue.Slot}, where {chosen} is chosen");
        if (_members.At(pvalue.Slot) is var governing && governing.Phase2.IsMetBy(Counted(governing, by)) && (slot.Chosen is null || pvalue.Ballot < slot.ChosenUnder)) Choose(pvalue.Slot, slot, pvalue.Ballot, value);
    }

    private void Choose(long number, SlotView slot, Ballot ballot, Value value)
    {
        if (slot.Chosen is null) Chosen++;
        Check("R1", slot.Chosen is null || slot.Chosen.Equals(value),
            () => $"slot {number}: {slot.Chosen} was chosen under {slot.ChosenUnder}, {value} under {ballot}");
        (slot.Chosen, slot.ChosenUnder) = (value, ballot);
        for (; Slot(_chosenBelow).Chosen is { } next; _chosenBelow++)
            if (next.Configuration is { } configuration && _members.Learn(_members.History.Decided(_chosenBelow, configuration))) Count("configuration");
        foreach (var (higher, (other, _)) in slot.PValues)
            if (higher > ballot)
                Check("A5", other.Equals(value), () => $"slot {number}: {value} is chosen under {ballot}, but {other} was proposed under {higher}");
    }

    // A pvalue is proposed by a commander, or found on an acceptor's disk.
    private SlotView Proposed(PValue pvalue, string by)
    {
        var slot = Slot(pvalue.Slot);
        if (slot.PValues.TryGetValue(pvalue.Ballot, out var known))
        {
            Check("A4", known.Value.Equals(pvalue.Value),
                () => $"{by} {pvalue.Value} under ballot {pvalue.Ballot} in slot {pvalue.Slot}, where {known.Value} was proposed before");
            return slot;
        }
        slot.PValues.Add(pvalue.Ballot, (pvalue.Value, []));
        if (slot.Chosen is { } chosen && pvalue.Ballot > slot.ChosenUnder)
            Check("C2", chosen.Equals(pvalue.Value),
                () => $"{by} {pvalue.Value} under {pvalue.Ballot} in slot {pvalue.Slot}, where {chosen} is chosen under {slot.ChosenUnder}");
        return slot;
    }

    // ---- messages, as they leave ----

    /// <param name="node">The sender's node.</param>
    /// <param name="message">The message.</param>
    /// <param name="sender">The sending actor, with its uid.</param>
    /// <param name="start">Which start of its node that is.</param>
    /// <param name="to">The receiver's node.</param>
    /// <param name="toName">The receiver's name.</param>
    public void Sent(string node, object message, ActorPath? sender, int start, string to, string toName)
    {
        switch (message)
        {
            case Prepare m when sender is not null:
                var scout = new Life(sender, start);
                if (!_scouts.TryAdd((m.Ballot, disk(node)), scout))
                    Check("S2", _scouts[(m.Ballot, disk(node))] == scout, () => $"ballot {m.Ballot} is used by {scout}, and was by {_scouts[(m.Ballot, disk(node))]}");
                break;
            case Accept m when sender is not null:
                var commander = new Life(sender, start);
                var key = (m.PValue.Ballot, m.PValue.Slot);
                if (!_commanders.TryAdd(key, commander))
                    Check("C1", _commanders[key] == commander,
                        () => $"slot {m.PValue.Slot} under {m.PValue.Ballot} has the commander {commander}, and had {_commanders[key]}");
                Proposed(m.PValue, $"{node} proposed");
                CheckQuorums(m.PValue, to);
                break;
            case Decision m: Decided(node, m); break;
            case Decisions m:
                foreach (var decision in m.Entries) Decided(node, decision);
                break;
            case Promise m: Promised(node, m, to, toName); break;
            case Accepted m: AnsweredAccept(node, m, to, toName); break;
            case Progress m: Progressed(node, m); break;
            case Executed m: _slotOut[node] = m.SlotOut; break;
            case Propose m:
                var slotOut = _slotOut.GetValueOrDefault(node, 1);
                Check("R4", m.Slot < slotOut + founding.Window, () => $"{node} proposes for slot {m.Slot}, its slotOut is {slotOut} and the window {founding.Window}");
                break;
        }
    }

    /// <summary>How far a replica is, by what its leader never read: maybe an old word, that waited in a leader until that ended.</summary>
    public void ExecutedAtLeast(string node, long slotOut) => _slotOut[node] = Math.Max(slotOut, _slotOut.GetValueOrDefault(node, 1));

    // What is told to be decided is chosen, and that is on the disks of a majority.
    private void Decided(string node, Decision decision)
    {
        var (chosen, value) = (Slot(decision.Slot).Chosen, decision.Value);
        Check("R2", chosen is not null,
            () => $"{node} says that slot {decision.Slot} is decided under {decision.Ballot}, and nothing is chosen there");
        if (chosen is not null && value is not null)
            Check("R1", value.Equals(chosen), () => $"{node} says that slot {decision.Slot} is decided as {value}; chosen is {chosen}");
    }

    private void Promised(string node, Promise promise, string to, string toName)
    {
        var view = View(node);
        Check("S1", view.Promised >= promise.Promised, () => $"{node} says it promised {promise.Promised}, on its disk is {view.Promised}");
        foreach (var pvalue in promise.Accepted)
            Check("S1", view.Accepted.TryGetValue(pvalue.Slot, out var ballots) && ballots.Contains(pvalue.Ballot),
                () => $"{node} says it accepted {pvalue.Ballot} in slot {pvalue.Slot}, which is not on its disk");
        // A3: what it accepted before it promised is in there. Whether it promised, or refused, says the scout's name: scout-ROUND.
        if (!IsAbout(promise.Promised, to, toName, 2)) return;
        var said = promise.Accepted.ToDictionary(p => p.Slot, p => p.Ballot);
        var last = promise.NextSlot > 0 ? promise.NextSlot - 1 : long.MaxValue;
        var first = Math.Max(promise.FromSlot, promise.TruncatedBelow); // as it says itself: to forget the truncation point is a loss too
        for (var slot = first; slot <= Math.Min(last, view.HighestSlot); slot++)
        {
            if (!view.Accepted.TryGetValue(slot, out var ballots)) continue;
            var before = ballots.Where(b => b < promise.Promised).DefaultIfEmpty(Ballot.Bottom).Max();
            if (before == Ballot.Bottom) continue;
            Check("A3", said.TryGetValue(slot, out var ballot) && ballot >= before,
                () => $"{node} promised {promise.Promised} and did not say that it had accepted {before} in slot {slot}");
        }
    }

    // Whether an answer to scout-ROUND or commander-ROUND-SLOT names just that actor's ballot.
    private static bool IsAbout(Ballot ballot, string to, string toName, int parts)
    {
        var name = toName.Split('-');
        return name.Length == parts && long.TryParse(name[1], CultureInfo.InvariantCulture, out var round)
            && ballot.Round == round && $"n{ballot.Leader}" == to;
    }

    private void AnsweredAccept(string node, Accepted answer, string to, string toName)
    {
        var view = View(node);
        Check("S1", view.Promised >= answer.Promised, () => $"{node} says its ballot is {answer.Promised}, on its disk is {view.Promised}");
        if (!IsAbout(answer.Promised, to, toName, 3)) return; // it refused
        Check("S1",
            answer.Slot < view.TruncatedBelow || (view.Accepted.TryGetValue(answer.Slot, out var ballots) && ballots.Contains(answer.Promised)),
            () => $"{node} says it accepted {answer.Promised} in slot {answer.Slot}, which is not on its disk");
    }

    private void Progressed(string node, Progress progress)
    {
        if (!_checksums.TryAdd(progress.SlotOut, (progress.Checksum, progress.From)))
        {
            var (checksum, other) = _checksums[progress.SlotOut];
            Check("R3", checksum == progress.Checksum, () => $"at slot {progress.SlotOut} nodes {progress.From} and {other} have different states");
        }
        var from = _decidedUpTo.GetValueOrDefault(node, 1);
        for (var slot = from; slot < progress.SlotOut; slot++)
        {
            var executed = slot;
            Check("R2", Slot(executed).Chosen is not null, () => $"{node} executed slot {executed}, which is not chosen");
        }
        _decidedUpTo[node] = Math.Max(from, progress.SlotOut);
    }

    private AcceptorView View(string node)
    {
        if (!_acceptors.TryGetValue(node, out var view)) _acceptors.Add(node, view = new AcceptorView());
        return view;
    }

    private SlotView Slot(long slot)
    {
        if (!_slots.TryGetValue(slot, out var view)) _slots.Add(slot, view = new SlotView());
        return view;
    }
}
