using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The changes of the members that the active leader's replica has been asked for: it proposes them one after the other, each made from what the one before has led to, and
/// answers when the log has decided (PMMC 4.4). What another replica had decided meanwhile is taken into account: the change is made anew.
/// </summary>
/// <remarks>
/// What was decided by those that voted before is on their disks, not on those of who votes now. So votes change only once a quorum has on disk, in snapshots, all slots that were
/// decided before they changed last: then those that do not vote any more, and their disks, may be gone.
/// </remarks>
/// <param name="context">What the replica was given.</param>
/// <param name="history">What it knows of the log.</param>
internal sealed class Reconfigurations(RoleContext context, ReplicaHistory history)
{
    private const int MostAsked = 100;
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(5);

    private sealed record Asked(Reconfigure What, IActorRef Client);

    private readonly Queue<Asked> _asked = new();
    private readonly SortedDictionary<NodeId, (long Tick, long Behind, Progress Progress)> _heard = []; // when, and how many slots behind this replica it was
    private readonly long _latelyTicks = 1 + (long)Math.Ceiling(Lately / context.Settings.ResendInterval);
    private Configuration? _proposed; // for the first of them
    private long _tick;

    private ConfigurationHistory Decided => history.State.Configurations;

    /// <summary>Whether there is one to propose.</summary>
    public bool IsWaiting => _asked.Count > 0 && _proposed is null;

    /// <summary>A resend interval has passed.</summary>
    public void Tick() => _tick++;

    /// <summary>Another replica has said how far it is.</summary>
    public void Heard(Progress other) => _heard[other.From] = (_tick, history.SlotOut - other.SlotOut, other);

    /// <summary>Takes a change.</summary>
    public void Add(Reconfigure change, IActorRef client)
    {
        if (_asked.Count < MostAsked) _asked.Enqueue(new Asked(change, client));
        else client.Tell(new Reconfigured($"{MostAsked} changes of the members wait already", null));
    }

    /// <summary>The next configuration to propose; null where nothing is, also because what was asked for cannot be done.</summary>
    public Configuration? TakeNext()
    {
        while (IsWaiting)
        {
            var (what, client) = _asked.Peek();
            if (MemberChange.Apply(Decided.Latest, what.Changes, out var refusal) is { } next && (refusal = Objection(what, next)).Length == 0)
                return what.Force || next.HasQuorumsOf(Decided.Latest) || IsOnDisk() ? _proposed = next : null;
            _asked.Dequeue();
            client.Tell(new Reconfigured(refusal, null));
        }
        return null;
    }

    // What could not be taken back, or would stop the cluster, is not done unless somebody insists.
    private string Objection(Reconfigure what, Configuration next)
    {
        if (what.Force || next.HasQuorumsOf(Decided.Latest)) return "";
        foreach (var promoted in what.Changes.Where(c => c.Kind == MemberChangeKind.Promote).Select(c => c.Node))
        {
            if (promoted == context.Self) continue;
            if (next.Find(promoted) is { Disk: var disk } && disk == DiskId.None && next.Members.Any(m => m.Disk != DiskId.None)) return $"the disk of node {promoted} is not known yet";
            if (!IsHeard(promoted)) return $"nothing is heard of node {promoted}: a node is promoted when it is there and has caught up";
            if (_heard[promoted].Behind > 2 * context.Settings.Window) return $"node {promoted} is {_heard[promoted].Behind} slots behind: it is promoted when it has caught up";
        }
        // What comes from another disk would not count.
        HashSet<NodeId> heard = [context.Self, .. _heard.Keys.Where(n => IsHeard(n) && next.Counts(n, _heard[n].Progress.Disk))];
        return next.Phase1.IsMetBy(heard) && next.Phase2.IsMetBy(heard)
            ? ""
            : $"no majority would be left: of {string.Join(", ", next.Voters)}, nothing is heard of {string.Join(", ", next.Voters.Where(v => !heard.Contains(v)))}, or its disk is not the one that is known";
    }

    private bool IsOnDisk()
    {
        var from = Decided.QuorumsFrom;
        HashSet<NodeId> have = [.. _heard.Where(h => h.Value.Progress.SnapshotSlot >= from).Select(h => h.Key)];
        if (history.SnapshotSlot >= from) have.Add(context.Self);
        return Decided.Latest.Phase1.IsMetBy(have);
    }

    private bool IsHeard(NodeId node) => _heard.TryGetValue(node, out var heard) && _tick - heard.Tick <= _latelyTicks;

    /// <summary>The slot for which this replica proposed it was decided otherwise, or the proposal was taken back.</summary>
    public void NotDecided() => _proposed = null;

    /// <summary>A configuration has been executed.</summary>
    public void Executed()
    {
        if (_proposed is null || Decided.Latest.Version < _proposed.Version) return;
        var isDone = Decided.Entries.Any(e => e.Configuration.Equals(_proposed));
        _proposed = null;
        if (isDone) _asked.Dequeue().Client.Tell(new Reconfigured("", Decided.Latest));
    }

    /// <summary>This node leads no more: who asked finds out what has become of it.</summary>
    public void GiveUp()
    {
        while (_asked.TryDequeue(out var asked))
            asked.Client.Tell(new Reconfigured(Reconfigured.LeadsNoMore, null));
        _proposed = null;
    }
}
