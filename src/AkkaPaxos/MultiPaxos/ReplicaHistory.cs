using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// What a replica knows of the log: which slots are decided, and as what (PMMC's decisions), and the state that executing them has led to (PMMC's state and slot_out).
/// </summary>
internal sealed class ReplicaHistory
{
    private readonly RoleContext _context;
    private readonly ProtocolSettings _settings;
    private readonly Func<ReplicatedState> _newState;
    private readonly ReplicaDecisionLog _decisions = new();
    private readonly ChecksumHistory _checksums = new();
    private long _stuckSlot; // an undecided slot with decided ones behind it
    private long _stuckSince;

    /// <summary>That of an empty log.</summary>
    /// <param name="context">What the replica was given.</param>
    /// <param name="newState">Makes the state before the first slot.</param>
    public ReplicaHistory(RoleContext context, Func<ReplicatedState> newState)
    {
        (_context, _settings, _newState) = (context, context.Settings, newState);
        GoOnFrom(newState());
    }

    /// <summary>The state as it is now.</summary>
    public ReplicatedState State { get; private set; } = null!;

    /// <summary>The lowest slot that is not executed.</summary>
    public long SlotOut => State.SlotOut;

    /// <summary>The highest slot that is known to be decided.</summary>
    public long Decided => _decisions.Highest;

    /// <summary>The leader that last told of a decision.</summary>
    public NodeId DecidedBy { get; private set; }

    /// <summary>Every slot below is in a snapshot on disk.</summary>
    public long SnapshotSlot { get; private set; } = 1;

    /// <summary>Bytes of values executed since the state was last captured.</summary>
    public long Uncaptured { get; private set; }

    // --- decisions ----------------------------------------------------------------------------------------------------------------------

    /// <summary>The acceptor beside the replica accepted this. True where that makes a decision known.</summary>
    public bool Learn(PValue pvalue) => pvalue.Slot >= SlotOut && IsNear(pvalue.Slot) && _decisions.Learn(pvalue);

    /// <summary>A slot is decided. True where that was not known, and its value is.</summary>
    /// <exception cref="InvariantViolationException">R1: another value was decided for the slot.</exception>
    public bool Decide(Decision decision)
    {
        DecidedBy = decision.Ballot.Leader;
        if (IsNear(decision.Slot)) return _decisions.Add(decision);
        _decisions.Note(decision.Slot);
        return false;
    }

    private bool IsNear(long slot) => slot < SlotOut + 4 * _settings.Window; // what lies farther ahead is fetched when it is its turn

    /// <summary>Whether a slot is known to be decided, also where its value is not known.</summary>
    public bool IsDecided(long slot) => _decisions.IsDecided(slot);

    /// <summary>Whether a slot is decided as this value.</summary>
    public bool IsDecidedAs(long slot, Value value) => _decisions.TryGet(slot, out var decision) && value.Equals(decision.Value);

    /// <summary>The undecided slots below decided ones, within the window, where these have held up the execution for a while.</summary>
    /// <param name="tick">Counts the times that it is asked.</param>
    /// <param name="patience">How many of these they have to have done so.</param>
    public IReadOnlyList<long> Gaps(long tick, long patience)
    {
        if (Decided < SlotOut || IsDecided(SlotOut)) return [];
        if (_stuckSlot != SlotOut) (_stuckSlot, _stuckSince) = (SlotOut, tick);
        if (tick - _stuckSince < patience) return [];
        var gaps = new List<long>();
        for (var slot = SlotOut; slot < Math.Min(Decided, SlotOut + _context.Window); slot++)
            if (!IsDecided(slot)) gaps.Add(slot);
        return gaps;
    }

    /// <summary>What can be told of the decisions from a slot on, in one message; null where that one is no longer kept.</summary>
    public Decisions? From(long slot) => slot < _decisions.Lowest ? null : new Decisions(_decisions.Page(slot, _settings.PageBytes));

    // --- execution ----------------------------------------------------------------------------------------------------------------------

    /// <summary>Executes the slot that is next, where its decision is known. Returns the ballot under which it was decided.</summary>
    /// <exception cref="StateMachineException">The state machine threw.</exception>
    public Ballot? ExecuteNext(Action<Command, Answer> answered)
    {
        if (!_decisions.TryGet(SlotOut, out var decision)) return null;
        try
        {
            State.Execute(decision.Value!, answered);
        }
        catch (Exception e)
        {
            throw new StateMachineException(decision.Slot, e);
        }
        _checksums.Add(SlotOut, State.Checksum);
        Uncaptured += decision.Value!.Encoded.Length;
        if (decision.Value!.IsReconfiguration) _context.Membership.Learn(State.Configurations); // before the leader beside may propose for the slots that it governs
        return decision.Ballot;
    }

    /// <summary>Compares the checksum that another replica says it has at a slot with the one here, where it is remembered.</summary>
    /// <exception cref="InvariantViolationException">R3: they differ.</exception>
    public void Compare(Progress other) => _checksums.Compare(_context.Self, other);

    // --- snapshots ----------------------------------------------------------------------------------------------------------------------

    /// <summary>Takes the state of a snapshot.</summary>
    /// <exception cref="FormatException">It does not restore; nothing is changed.</exception>
    public void GoOnFrom(ReplicaSnapshot snapshot)
    {
        var state = _newState();
        state.Restore(snapshot.State);
        if (state.SlotOut != snapshot.SlotOut) throw new FormatException($"it says slot {snapshot.SlotOut}, and holds slot {state.SlotOut}");
        GoOnFrom(state);
    }

    private void GoOnFrom(ReplicatedState state)
    {
        State = state;
        Uncaptured = 0;
        _decisions.StartAt(SlotOut);
        _checksums.Add(SlotOut, State.Checksum);
        _context.Membership.Learn(State.Configurations);
    }

    /// <summary>Takes hold of the state.</summary>
    public CapturedState Capture()
    {
        Uncaptured = 0;
        return new CapturedState(SlotOut, State.Snapshot());
    }

    /// <summary>A snapshot is on disk: all but the latest decisions below are forgotten.</summary>
    public void Saved(long slotOut)
    {
        SnapshotSlot = slotOut;
        _decisions.Trim(slotOut, _settings.SnapshotKeepSlots, _settings.SnapshotBytes);
    }
}
