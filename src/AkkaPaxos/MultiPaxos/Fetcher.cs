using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Has the replica beside it know what others know: tells the other nodes how far it is, and where they stay ahead asks one of them for the decisions that it
/// lacks or, where these are no longer kept, for its snapshot.
/// </summary>
/// <remarks>
/// It remembers nothing that matters: started again it looks anew. What goes to another node goes to the replica there, which all releases have.
/// </remarks>
public class Fetcher : UntypedActor, IWithTimers
{
    // Looks, one a progress interval, without an answer until another replica is asked.
    private const long Patience = 3;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ReplicaLag _lag;
    private long _looks;
    private long _slotOut = 1;             // the replica's, as it last said
    private readonly HashSet<NodeId> _strangers = []; // that were told since the last look
    private Progress? _progress;           // as the others were last told
    private long _askedFrom;               // the slot that was last asked for
    private bool _isBrought;               // the replica has been given what came, and has not said how far it led
    private SnapshotTransfer? _transfer;

    /// <summary>The fetcher of a node.</summary>
    public Fetcher(RoleContext context)
    {
        _context = context;
        _link = new RoleLink(Context, context, "fetcher");
        _lag = new ReplicaLag(context.Self);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private IActorRef Replica => _context.Peers.Replica(_context.Self);

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _context.Settings.ProgressInterval);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: Replica.Tell(GetReplicaStatus.Instance, Self); break;
            case ReplicaStatus m: OnReplicaStatus(m); break;
            case Progress m: OnProgress(m); break;
            case Decisions m: OnDecisions(m); break;
            case SnapshotOffer m: OnSnapshotOffer(m); break;
            case SnapshotChunk m: OnSnapshotChunk(m); break;
            case CaughtUp m: OnCaughtUp(m); break;
            case GetOthersProgress: Sender.Tell(new OthersProgress([.. _lag.Peers]), Self); break;
            default: Unhandled(message); break;
        }
    }

    // ---- how far each is ----

    private void OnReplicaStatus(ReplicaStatus replica)
    {
        _looks++;
        _strangers.Clear();
        _slotOut = replica.SlotOut;
        _progress = new Progress(_context.Self, replica.SlotOut, replica.SnapshotSlot, replica.Checksum, _context.Disk);
        foreach (var peer in _context.Membership.Replicas(_slotOut).Where(n => n != _context.Self)) Tell(peer, _progress);

        var asked = _lag.Asked;
        if (_lag.Look(_slotOut, replica.Decided, replica.DecidedBy, _looks, Patience) is { } next) Ask(next);
        if (_lag.Asked != asked) _transfer = null;
    }

    // One that is no member, or none any more, learns what has become of the cluster. Once between two looks: it may take this one for a stranger as well.
    private void OnProgress(Progress other)
    {
        _lag.Heard(other);
        if (_progress is not null && !_context.Membership.Replicas(_slotOut).Contains(other.From) && _strangers.Add(other.From)) Tell(other.From, _progress);
    }

    private void Tell(NodeId peer, Progress progress) => _link.Tell(peer, "replica", _context.Peers.Replica(peer), progress);

    private void Ask(NodeId peer)
    {
        (_askedFrom, _isBrought) = (_slotOut, false);
        _link.Tell(peer, "replica", _context.Peers.Replica(peer), new CatchUp(_askedFrom), _askedFrom);
    }

    // ---- what the replica lacks ----

    private void OnDecisions(Decisions decisions)
    {
        if (decisions.Entries is not [var first, ..]) _lag.Answered(_slotOut, false, _looks); // that one does not have them either
        else if (first.Slot == _askedFrom) Bring(decisions); // else the network's copy of an earlier answer
    }

    private void Bring(object what)
    {
        if (_isBrought) return;
        _isBrought = true;
        Replica.Tell(what, Self);
    }

    // The decisions may have come another way meanwhile, from the leader: that is no reason not to ask for those behind them at once.
    private void OnCaughtUp(CaughtUp replica)
    {
        if (!_isBrought) return; // another one was asked meanwhile
        _isBrought = false;
        _slotOut = replica.SlotOut;
        if (_lag.Answered(_slotOut, _slotOut > _askedFrom, _looks) is { } peer) Ask(peer);
    }

    // ---- a snapshot, where the decisions are no longer kept ----

    private void OnSnapshotOffer(SnapshotOffer offer)
    {
        if (_lag.Asked == NodeId.None) return; // nothing was asked for, or the one that was asked answered too late
        if (offer.Slot <= _slotOut)
        {
            _lag.Answered(_slotOut, false, _looks);
            return;
        }
        _log.Info("node {0} is at slot {1} and fetches a snapshot of slot {2}, {3} bytes", _context.Self, _slotOut, offer.Slot, offer.Size);
        _transfer = new SnapshotTransfer(offer.Slot, offer.Size);
        _lag.StillAnswering(_looks);
        Sender.Tell(new FetchSnapshot(offer.Slot, 0), Self);
    }

    private void OnSnapshotChunk(SnapshotChunk chunk)
    {
        if (_transfer is not { } transfer || !transfer.Add(chunk)) return; // a repeated one, or of a transfer that was given up
        _lag.StillAnswering(_looks);
        if (!transfer.IsComplete)
        {
            Sender.Tell(new FetchSnapshot(transfer.Slot, transfer.Offset), Self);
            return;
        }
        _transfer = null;
        Bring(new InstallSnapshot(new ReplicaSnapshot(transfer.Slot, transfer.Bytes)));
    }
}
