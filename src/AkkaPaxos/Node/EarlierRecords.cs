using Akka.Actor;
using Akka.Persistence;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// Looks, at the first start on a disk that says nothing of itself, whether the node's roles have left anything in its stores; tells its parent
/// <see cref="Found"/>, and stops. Reads at most one entry of each journal.
/// </summary>
internal sealed class EarlierRecords : UntypedActor
{
    /// <summary>What there is.</summary>
    /// <param name="HasJournal">The acceptor or the leader has journaled something, be it deleted since.</param>
    /// <param name="HasSnapshot">There is a snapshot of the replica's state.</param>
    /// <param name="Mark">The mark of a disk in the snapshot store.</param>
    internal sealed record Found(bool HasJournal, bool HasSnapshot, DiskStart? Mark) : INodeMessage;

    /// <summary>To its parent instead: something cannot be read.</summary>
    internal sealed record Unread(string Role, Exception Cause) : INodeMessage;

    private sealed record Read(string Role, bool HasAny) : INodeMessage;

    private static readonly string[] Writers = ["acceptor", "leader"];

    private readonly RoleContext _context;
    private readonly bool _hasSnapshots;
    private readonly HashSet<string> _unread = [.. Writers];
    private bool _hasJournal;
    private bool _hasSnapshot;
    private bool _isMark; // that is asked for

    public EarlierRecords(RoleContext context, bool hasSnapshots) => (_context, _hasSnapshots) = (context, hasSnapshots);

    protected override void PreStart()
    {
        foreach (var role in Writers) Context.ActorOf(Props.Create(typeof(Reader), _context.PersistenceId(role), role), role);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Unread: Context.Parent.Tell(message, Self); break;
            case Read m:
                _hasJournal |= m.HasAny;
                if (!_unread.Remove(m.Role) || _unread.Count > 0) break;
                if (_hasSnapshots) Load("replica");
                else Tell(null);
                break;
            case LoadSnapshotResult { Snapshot.Snapshot: DiskMark mark }: Tell(mark.Start); break;
            case LoadSnapshotResult m when !_isMark:
                _hasSnapshot = m.Snapshot is not null;
                _isMark = true;
                Load("disk-mark");
                break;
            case LoadSnapshotResult: Tell(null); break;
            case LoadSnapshotFailed m: Context.Parent.Tell(new Unread(_isMark ? "disk-mark" : "replica", m.Cause), Self); break;
            default: Unhandled(message); break;
        }
    }

    private void Load(string role) => Persistence.Instance.Apply(Context.System).SnapshotStoreFor("")
        .Tell(new LoadSnapshot(_context.PersistenceId(role), SnapshotSelectionCriteria.Latest, long.MaxValue), Self);

    private void Tell(DiskStart? mark)
    {
        Context.Parent.Tell(new Found(_hasJournal, _hasSnapshot, mark), Self);
        Context.Stop(Self);
    }

    /// <summary>Whether a role has ever journaled anything.</summary>
    private sealed class Reader(string id, string role) : UntypedPersistentActor
    {
        public override string PersistenceId { get; } = id;

        public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None, long.MaxValue, 1);

        protected override void OnRecover(object message)
        {
            if (message is not RecoveryCompleted) return;
            Context.Parent.Tell(new Read(role, LastSequenceNr > 0), Self);
            Context.Stop(Self);
        }

        protected override void OnCommand(object message) => Unhandled(message);

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => Context.Parent.Tell(new Unread(role, reason), Self);
    }
}
