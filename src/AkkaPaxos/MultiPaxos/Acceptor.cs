using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The acceptor of PMMC 2.2 (figure 4): the memory of Paxos, one a node. It promises ballots and accepts pvalues, and says so only once it is
/// in its journal.
/// </summary>
/// <remarks>
/// There are two views of its state. What is <i>issued</i> decides how the next message is answered; what is <i>on disk</i> is what
/// answers say (invariant S1). A message that changes something issues an event by PersistAsync, so that everything that waits is journaled in
/// one write, and the answer leaves in the event's handler. A message that changes nothing is answered by DeferAsync: after all that was issued
/// before it. So the answers leave in the order of the messages, and each reflects exactly the events before it.
/// <para>
/// What the disk alone decides is answered at once, though writes be on their way: a ballot that it already holds or that it refuses, a pvalue that it
/// already holds. That is what would have been said had the message overtaken those that are being written, as messages may. So a journal that
/// hangs, or is full, keeps nobody from learning what stands in it.
/// </para>
/// <para>
/// It accepts under a ballot above its own too, and adopts it (seeds 2 and 3: <c>n &gt;= ROUND_NUMBER</c>), where PMMC's figure accepts only under an
/// equal one: a scout ends with a majority's promises, and an acceptor whose Prepare was lost must still be able to vote.
/// </para>
/// </remarks>
public class Acceptor : UntypedPersistentActor
{
    // So many bytes of values may keep a leader's heartbeats waiting.
    private const int SignAfterBytes = 64 << 10;

    private readonly RoleContext _context;
    private readonly RoleLink _link;
    private readonly RoleStore _store;

    // Issued.
    private Ballot _promised = Ballot.Bottom;
    private long _truncatedBelow = 1;
    private readonly Dictionary<long, PValue> _inFlight = []; // the last pvalue issued for a slot, until it is on disk
    private long _bytesSinceSign; // of values, since the leader beside it was told of the one that sends them
    private long _bytesInFlight; // of all pvalues that were issued and are not on disk
    private TimeSpan _longestLease;

    // On disk.
    private Ballot _promisedOnDisk = Ballot.Bottom;
    private long _truncatedBelowOnDisk = 1;
    private TimeSpan _longestLeaseOnDisk;
    private readonly AcceptedPValues _accepted = new();

    // In memory only: whom it has promised to promise no other leader anything, and until when by its monotonic clock.
    private (NodeId Leader, TimeSpan Until) _lease;
    private TimeSpan _noLeaseBefore;

    /// <summary>The acceptor of the node that <paramref name="context"/> describes.</summary>
    public Acceptor(RoleContext context)
    {
        _context = context;
        _link = new RoleLink(Context, context, "acceptor");
        _store = new RoleStore(Context, context);
        PersistenceId = context.PersistenceId("acceptor");
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <summary>It takes no snapshots, so it looks for none.</summary>
    public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Prepare m: OnPrepare(m); break;
            case Accept m: OnAccept(m); break;
            case Confirm m: OnConfirm(m); break;
            case Truncate m: OnTruncate(m); break;
            case TryStore: PersistTruncation(); break; // mostly the one that is on disk
            case DeleteMessagesSuccess: break;
            case DeleteMessagesFailure m:
                Log.Warning("acceptor of node {0}: journal entries up to {1} cannot be deleted: {2}; the next truncation tries again",
                    _context.Self, m.ToSequenceNr, m.Cause.OneLine());
                break;
            default: Unhandled(message); break;
        }
    }

    // Phase 1: p1a. A page is taken when the answer leaves, so it holds what was accepted before the promise and nothing that is not on disk.
    private void OnPrepare(Prepare prepare)
    {
        var scout = Sender;
        if (!_context.Membership.Latest.HasVoter(prepare.Ballot.Leader)) return; // it has been removed, and does not know yet: it unseats nobody
        if (prepare.Ballot <= _promisedOnDisk)
        {
            AnswerPrepare(prepare, scout);
        }
        else if (prepare.Ballot > _promised)
        {
            if (!_store.MayWrite) return; // it asks again
            if (IsBound(prepare.Ballot))
            {
                _noLeaseBefore = Now + _context.Settings.LeaderTimeoutMax; // else to a leader that is always asked it would be bound for ever
                return;
            }

            _promised = prepare.Ballot;
            PersistThen(new AcceptorPromised(prepare.Ballot), e =>
            {
                Apply(e);
                AnswerPrepare(prepare, scout);
            });
        }
        else
        {
            DeferAsync(prepare, p => AnswerPrepare(p, scout));
        }
    }

    // p1b
    private void AnswerPrepare(Prepare prepare, IActorRef scout) => _link.Tell(prepare.Ballot.Leader, "scout", scout, PromiseFor(prepare));

    /// <summary>The answer to a Prepare, from what is on disk: the acceptor's ballot, and where that is the asked one a page of pvalues.</summary>
    protected virtual Promise PromiseFor(Prepare prepare)
    {
        var adopted = _promisedOnDisk == prepare.Ballot;
        var (page, next) = adopted ? _accepted.Page(prepare.FromSlot, _context.Settings.PageBytes) : ([], 0);
        return new Promise(_context.Self, _promisedOnDisk, prepare.FromSlot, next, _truncatedBelowOnDisk, page, _context.Disk);
    }

    // Phase 2: p2a.
    private void OnAccept(Accept accept)
    {
        var (pvalue, commander) = (accept.PValue, Sender);
        TellSignOfLife(pvalue);
        TellStall(pvalue.Ballot);

        // The slot is decided, and a majority has it in snapshots. Accepting would bring back what was forgotten; to say Accepted without
        // accepting would be a lie, if a harmless one. The commander is not left waiting for ever: its node is behind, catches up from the
        // others, and the leader then ends commanders of slots that are executed.
        if (pvalue.Slot < _truncatedBelow) return;

        if (!MayAccept(pvalue.Ballot, _promisedOnDisk))
        {
            AnswerAccept(pvalue, commander);
        }
        else if (_accepted.TryGet(pvalue.Slot, out var known) && IsSame(pvalue, known))
        {
            Learn(pvalue, commander);
        }
        else if (!MayAccept(pvalue.Ballot, _promised))
        {
            DeferAsync(pvalue, p => AnswerAccept(p, commander));
        }
        else if (_inFlight.TryGetValue(pvalue.Slot, out var issued) && IsSame(pvalue, issued))
        {
            DeferAsync(pvalue, p => Learn(p, commander));
        }
        else if (_store.MayWrite && (_bytesInFlight == 0 || _bytesInFlight + pvalue.Value.Encoded.Length <= _context.Settings.UnderWayBytes))
        {
            _promised = pvalue.Ballot;
            _inFlight[pvalue.Slot] = pvalue;
            _bytesInFlight += pvalue.Value.Encoded.Length;
            PersistThen(new AcceptorAccepted(pvalue), e =>
            {
                _bytesInFlight -= e.PValue.Value.Encoded.Length;
                Apply(e);
                Learn(e.PValue, commander);
            });
        }

        // Otherwise the disk is too slow for what comes, which must not pile up in memory: as if the message had been lost. Others accept it, or the
        // commander asks again.
    }

    private void TellSignOfLife(PValue pvalue)
    {
        _bytesSinceSign += pvalue.Value.Encoded.Length;
        if (_bytesSinceSign < SignAfterBytes || pvalue.Ballot.Leader == _context.Self) return;
        _bytesSinceSign = 0;
        _link.Tell(_context.Self, "leader", _context.Peers.Leader(_context.Self), new Heartbeat(pvalue.Ballot));
    }

    // A journal that hangs answers nothing, and so nobody would hear of it.
    private void TellStall(Ballot ballot)
    {
        if (ballot.Leader == _context.Self && _store.Waits is var waits && waits >= HandOver.Patience)
            _link.Tell(_context.Self, "leader", _context.Peers.Leader(_context.Self), new StoreStalls(waits));
    }

    /// <summary>Whether the promise it has given allows it to accept under a ballot (invariant A2).</summary>
    /// <param name="asked">The pvalue's ballot.</param>
    /// <param name="promised">The acceptor's own.</param>
    protected virtual bool MayAccept(Ballot asked, Ballot promised) => asked >= promised;

    /// <summary>Whether a known pvalue of its slot is the one that is asked for: the commander asked again.</summary>
    private bool IsSame(PValue asked, PValue known)
    {
        if (known.Ballot != asked.Ballot) return false;
        if (!known.Value.Equals(asked.Value))
            throw new InvariantViolationException("A4", $"node {_context.Self} was asked to accept two values for slot {asked.Slot} "
                + $"under ballot {asked.Ballot}: {known.Value} and {asked.Value}");
        return true;
    }

    // The replica beside it is told first, so that it knows the value when the decision comes, which names only slot and ballot.
    private void Learn(PValue pvalue, IActorRef commander)
    {
        if (_accepted.TryGet(pvalue.Slot, out var known) && known.Ballot == pvalue.Ballot)
            _link.Tell(_context.Self, "replica", _context.Peers.Replica(_context.Self), new Learned(known), pvalue.Slot);
        AnswerAccept(pvalue, commander);
    }

    // p2b
    private void AnswerAccept(PValue pvalue, IActorRef commander) =>
        _link.Tell(pvalue.Ballot.Leader, "commander", commander, new Accepted(_context.Self, _promisedOnDisk, pvalue.Slot, _context.Disk), pvalue.Slot);

    // The ballot on disk is the right answer, at once, also while a higher promise is being written: nobody has been told of that promise
    // yet, so it is not in any quorum yet. What the leader needs to know is that when it asked no higher ballot had a quorum of phase 1, for
    // without one nothing can have been chosen above its own ballot.
    private void OnConfirm(Confirm confirm) =>
        _link.Tell(confirm.Ballot.Leader, "confirmer", Sender, new Confirmed(_context.Self, _promisedOnDisk, confirm.Id, Lease(confirm), _context.Disk));

    // ---- leases (Paxos Made Live 5.2): for as long as acceptors that meet every quorum of phase 1 are bound to one leader no other is adopted ----

    private TimeSpan Now => Context.System.Scheduler.HighResMonotonicClock;

    /// <summary>
    /// Whether it may promise nothing to a ballot's leader, as another has its lease. To accept it needs no such rule: a pvalue of a higher
    /// ballot comes only when that has been adopted, with a lease of no quorum in its way.
    /// </summary>
    protected virtual bool IsBound(Ballot asked) => asked.Leader != _lease.Leader && Now < _lease.Until;

    /// <summary>Binds itself, as it was asked to; returns for how long.</summary>
    private TimeSpan Lease(Confirm confirm)
    {
        var lease = confirm.Lease < _context.Settings.LeaderTimeoutMax ? confirm.Lease : _context.Settings.LeaderTimeoutMax;
        // With a higher promise on its way it would break its word; and after a restart it knows only whom it promised a ballot.
        if (lease <= TimeSpan.Zero || Now < _noLeaseBefore || _promised != confirm.Ballot || _promisedOnDisk != confirm.Ballot) return TimeSpan.Zero;
        if (lease > _longestLeaseOnDisk)
        {
            if (lease <= _longestLease || !_store.MayWrite) return TimeSpan.Zero;
            _longestLease = lease;
            PersistTruncation();
            return TimeSpan.Zero;
        }
        _lease = (confirm.Ballot.Leader, Now + lease);
        return lease;
    }

    /// <summary>A lease may be out that was granted before this start, to the leader of its ballot: any other would have been over before that was promised.</summary>
    private void KeepLeases() => _lease = (_promisedOnDisk.Leader, Now + _longestLeaseOnDisk);

    // The replica beside it: a majority has snapshots of all below (invariant A3). The event repeats the ballot; with it on disk, every entry
    // before it that no remaining pvalue needs can go, and no snapshot is ever taken.
    private void OnTruncate(Truncate truncate)
    {
        if (truncate.BelowSlot <= _truncatedBelow) return;
        _truncatedBelow = truncate.BelowSlot;
        if (_store.MayWrite) PersistTruncation(); // otherwise with TryStore
    }

    private void PersistTruncation()
    {
        _store.Writes();
        PersistAsync(new AcceptorTruncated(_truncatedBelow, _promised, _longestLease), e =>
        {
            _store.Wrote();
            Apply(e);
            var needed = _accepted.FirstNeeded(LastSequenceNr); // this event at the latest
            if (needed > 1) DeleteMessages(needed - 1);
        });
    }

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case AcceptorPromised e: Apply(e); break;
            case AcceptorAccepted e: Apply(e); break;
            case AcceptorTruncated e: Apply(e); break;
            case RecoveryCompleted:
                _store.Recovered();
                (_promised, _truncatedBelow, _longestLease) = (_promisedOnDisk, _truncatedBelowOnDisk, _longestLeaseOnDisk);
                KeepLeases();
                Log.Debug("acceptor of node {0} has promised ballot {1} and accepted {2} slots above {3}",
                    _context.Self, _promised, _accepted.Count, _truncatedBelow - 1);
                break;
        }
    }

    /// <summary>Writes a promise or an accepted pvalue to the journal and then acts on it: nothing is said of it before (invariant S1).</summary>
    /// <param name="event">The event.</param>
    /// <param name="then">Applies it and answers.</param>
    protected virtual void PersistThen<TEvent>(TEvent @event, Action<TEvent> then)
    {
        _store.Writes();
        PersistAsync(@event, e =>
        {
            _store.Wrote();
            then(e);
        });
    }

    // ---- what events do to the state on disk, alike when they are written and when they are read again ----

    private void Apply(AcceptorPromised e) => Adopt(e.Ballot);

    private void Apply(AcceptorAccepted e)
    {
        var pvalue = e.PValue;
        Adopt(pvalue.Ballot);
        if (_inFlight.TryGetValue(pvalue.Slot, out var issued) && issued.Ballot == pvalue.Ballot) _inFlight.Remove(pvalue.Slot);
        if (pvalue.Slot >= _truncatedBelowOnDisk) _accepted.Set(pvalue, LastSequenceNr);
    }

    private void Apply(AcceptorTruncated e)
    {
        Adopt(e.Promised);
        _truncatedBelowOnDisk = Math.Max(_truncatedBelowOnDisk, e.BelowSlot);
        if (e.LongestLease > _longestLeaseOnDisk) _longestLeaseOnDisk = e.LongestLease;
        _accepted.Truncate(_truncatedBelowOnDisk);
    }

    private void Adopt(Ballot ballot)
    {
        if (ballot < _promisedOnDisk)
            throw new InvariantViolationException("A1", $"the acceptor of node {_context.Self} journaled ballot {ballot} after {_promisedOnDisk}");
        _promisedOnDisk = ballot;
    }

    // ---- a journal that fails: never an answer about what may not be on disk ----

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _store.WriteFailed(cause); // Akka.Persistence then stops it

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _store.WriteFailed(cause);
        Context.Stop(Self); // after a rejection Akka.Persistence would go on, and later answers would tell of an event that is not there
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _link.TellRecoveryFailed(Log, reason);
}
