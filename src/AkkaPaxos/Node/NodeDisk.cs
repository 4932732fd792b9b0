using System.Security.Cryptography;
using Akka.Actor;
using Akka.Persistence;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>To the disk: record that another member has started so, unless something speaks against it.</summary>
internal sealed record RecordPeer(NodeId Node, DiskStart Start) : INodeMessage;

/// <summary>To the disk: record what it is to found a cluster with. The first one counts, for ever.</summary>
internal sealed record RecordFounding(Configuration Configuration) : INodeMessage;

/// <summary>To the disk: every member has recorded the same, so the cluster is founded.</summary>
internal sealed record Found : INodeMessage;

/// <summary>To the disk: it is empty, and there is a cluster that was founded without it, which it is to join.</summary>
internal sealed record Join(Configuration Founding, ConfigurationHistory? Configurations) : INodeMessage;

/// <summary>To the disk: record who takes part.</summary>
internal sealed record RecordMembers(ConfigurationHistory Configurations) : INodeMessage;

/// <summary>
/// The identity of a node's disk (Paxos Made Live 5.1): drawn at random at the first start on empty stores, with a counter of starts, what the cluster was
/// founded with, and what the other members' disks were when they were last heard of. Tells its node a <see cref="DiskMemory"/>, first when this start is
/// recorded and then with each change.
/// </summary>
/// <remarks>
/// It keeps a mark in the snapshot store as well, so that journal and snapshots are found out where they do not belong together. A journal in memory has no
/// marks: it begins empty at each start.
/// </remarks>
internal sealed class NodeDisk : UntypedPersistentActor
{
    private readonly RoleContext _context;
    private readonly RoleStore _store;
    private readonly ulong _incarnation;
    private readonly bool _hasMarks;
    private DiskMemory _memory = DiskMemory.Empty;

    /// <param name="context">What roles are given.</param>
    /// <param name="incarnation">Drawn at random when the node started.</param>
    /// <param name="hasMarks">Whether journal and snapshots outlive the process.</param>
    public NodeDisk(RoleContext context, ulong incarnation, bool hasMarks)
    {
        (_context, _incarnation, _hasMarks) = (context, incarnation, hasMarks);
        _store = new RoleStore(Context, context);
        PersistenceId = context.PersistenceId("disk");
    }

    public override string PersistenceId { get; }

    /// <summary>The mark in the snapshot store is none of a state; it is read beside the journal.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <summary>A number that no other disk has, also where the settings make random numbers repeat.</summary>
    public static ulong Draw()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        do RandomNumberGenerator.Fill(bytes);
        while (BitConverter.ToUInt64(bytes) == 0);
        return BitConverter.ToUInt64(bytes);
    }

    private string MarkId => _context.PersistenceId("disk-mark");

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                _store.Recovered();
                if (_memory.Own is null) Context.ActorOf(Props.Create(typeof(EarlierRecords), _context, _hasMarks), "earlier");
                else if (_hasMarks) AskForMark();
                else Begin(_memory.IsAdopted);
                break;
            default: _memory = _memory.With(message); break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case EarlierRecords.Found found: OnEarlier(found); break;
            case LoadSnapshotResult m: OnMark((m.Snapshot?.Snapshot as DiskMark)?.Start); break;
            case LoadSnapshotFailed m: Unreadable("disk-mark", m.Cause); break;
            case EarlierRecords.Unread m: Unreadable(m.Role, m.Cause); break;
            case SaveSnapshotSuccess m: OnMarkSaved(m.Metadata.SequenceNr); break;
            case SaveSnapshotFailure m: OnMarkNotSaved(m.Cause); break;
            case RecordPeer m when _memory.IsNews(m.Node, m.Start): Write(new PeerStarted(m.Node, m.Start)); break;
            case RecordFounding m when _memory is { Founding: null, IsAdopted: false }: Write(new FoundingRecorded(m.Configuration)); break;
            case Found when _memory is { Founding: not null, IsFounded: false }: Write(new ClusterFounded()); break;
            case Join m when _memory is { Founding: null, IsMember: false }: Write(new ClusterJoined(m.Founding), () => JoinedAs(m)); break;
            case RecordMembers m when _memory.IsNews(m.Configurations): Write(new MembersChanged(m.Configurations.Entries)); break;
            case RecordPeer or RecordFounding or Found or Join or RecordMembers or DeleteSnapshotsSuccess or DeleteSnapshotsFailure: break;
            default: Unhandled(message); break;
        }
    }

    // ---- at the start: does what is there belong together, and whose is it ----

    // Of a release before disks were known, or restored from a snapshot of a cluster's state.
    private void OnEarlier(EarlierRecords.Found found)
    {
        if (found is { HasSnapshot: true, HasJournal: false, Mark: null })
            Say(_memory with { Unfit = "it has snapshots, and their journal is missing" });
        else if (_memory.WhyHalf(found.Mark) is { } half)
            Say(_memory with { Unfit = half });
        else
            Begin(isAdopted: found.HasJournal);
    }

    private void AskForMark() => SnapshotStore.Tell(new LoadSnapshot(MarkId, SnapshotSelectionCriteria.Latest, long.MaxValue), Self);

    private void OnMark(DiskStart? mark)
    {
        if (_memory.WhyHalf(mark) is { } half) Say(_memory with { Unfit = half });
        else Begin(_memory.IsAdopted);
    }

    private void Begin(bool isAdopted)
    {
        if (_memory.Own?.Incarnation == _incarnation)
        {
            Started(); // only this actor was started again
            return;
        }
        var start = new DiskStart(_memory.Own?.Disk ?? new DiskId(Draw()), (_memory.Own?.Number ?? 0) + 1, _incarnation);
        Write(new DiskStarted(start, isAdopted), Started);
    }

    private void Started()
    {
        if (!_hasMarks || _memory.Marked == _memory.Own!.Number)
        {
            Say(_memory);
            return;
        }
        var number = _memory.Own.Number;
        _store.Saves();
        SnapshotStore.Tell(
            new SaveSnapshot(new SnapshotMetadata(MarkId, number, Context.System.Scheduler.Now.UtcDateTime), new DiskMark(_memory.Own)), Self);
    }

    private void OnMarkSaved(long number)
    {
        _store.Wrote();
        Write(new DiskMarked(number), () =>
        {
            Say(_memory);
            // Never with a bound of 0, which MemorySnapshotStore takes for no bound.
            if (number > 1) SnapshotStore.Tell(new DeleteSnapshots(MarkId, new SnapshotSelectionCriteria(number - 1)), Self);
        });
    }

    private void OnMarkNotSaved(Exception cause)
    {
        _store.Failed("its mark cannot be saved in the snapshot store", cause);
        Context.Parent.Tell(new WriteFailed(cause), Self);
        Context.Stop(Self);
    }

    private void Unreadable(string role, Exception cause)
    {
        new RoleLink(Context, _context, "disk").TellRecoveryFailed(Log, cause, role);
        Context.Stop(Self);
    }

    // ---- what is journaled, and said ----

    private void JoinedAs(Join join)
    {
        if (join.Configurations is { } configurations) Write(new MembersChanged(configurations.Entries));
        else Say(_memory);
    }

    private void Write(IPaxosRecord record) => Write(record, () => Say(_memory));

    private void Write(IPaxosRecord record, Action then)
    {
        _store.Writes();
        Persist(record, written =>
        {
            _store.Wrote();
            _memory = _memory.With(written);
            then();
        });
    }

    private void Say(DiskMemory memory) => Context.Parent.Tell(memory, Self);

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _store.WriteFailed(cause); // Akka.Persistence then stops it

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _store.WriteFailed(cause);
        Context.Stop(Self);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        new RoleLink(Context, _context, "disk").TellRecoveryFailed(Log, reason);
}
