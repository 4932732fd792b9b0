using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The replica of PMMC figure 1: assigns its clients' commands to slots, learns what the slots decide, executes them in order and answers.
/// What is more than in the paper: commands travel in batches; the active leader's own replica proposes, others pass commands on to it and
/// propose for themselves only when they see nothing come of it; questions are answered without a slot of their own (<see cref="Questions"/>).
/// Beside it are its <see cref="Snapshotter"/>, of which it has the state that it starts from, and its <see cref="Fetcher"/>, which brings the decisions that it
/// missed, or another replica's snapshot.
/// </summary>
public class Replica : UntypedActor, IWithTimers, IWithUnboundedStash
{
    // Ages are counted in ticks of the resend interval: a message of this age has had at least that interval for its answer.
    private const long Patience = 2;
    // The lowest proposals only: the others cannot be executed before these, and re-sending all would flood leaders that are not there.
    private const int ProposalsResent = 8;
    // Messages that wait for the state. What comes beyond that is lost like any other message: who told it does so again.
    private const int MostStashed = 100;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Flush
    {
        public static readonly Flush Instance = new();
    }

    private readonly RoleContext _context;
    private readonly ProtocolSettings _settings;
    private readonly RoleLink _link;
    private readonly RoleStore _store;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private readonly ReplicaHistory _history;           // PMMC: state, slot_out and decisions
    private long _slotIn = 1;                           // PMMC: slot_in
    private readonly ReplicaCommands _commands;         // PMMC: requests
    private readonly Proposals _proposals = new();      // PMMC: proposals
    private readonly Action<Command, Answer> _executed;
    private readonly ReplicaReplies _replies;
    private readonly Leadership _leadership;
    private readonly ReplicaRelay _relay;
    private readonly Questions _questions;
    private readonly Reconfigurations _reconfigurations;
    private bool _hasState;         // it goes on from what was on disk
    private bool _flushing;         // a Flush is in the mailbox
    private long _tick = 1;

    /// <summary>The replica of a node.</summary>
    public Replica(RoleContext context)
    {
        (_context, _settings) = (context, context.Settings);
        _link = new RoleLink(Context, context, "replica");
        _store = new RoleStore(Context, context);
        _history = new ReplicaHistory(context, () => NewState(context.StateMachine(), _settings.Sessions, context.Membership.Founding));
        _commands = new ReplicaCommands(_settings);
        _replies = new ReplicaReplies(_settings.PageBytes);
        _executed = Executed;
        _leadership = new Leadership(context.Self);
        _relay = new ReplicaRelay(Context, context, _link, _leadership, _history);
        _questions = new Questions(Context, context, _link, _leadership, _relay);
        _reconfigurations = new Reconfigurations(context, _history);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    private long SlotOut => _history.SlotOut;

    private IActorRef Snapshotter => _context.Peers.Snapshotter(_context.Self);

    private IActorRef Fetcher => _context.Peers.Fetcher(_context.Self);

    /// <summary>The state before the first slot, of an empty application; also what a snapshot is restored into.</summary>
    /// <param name="application">The application.</param>
    /// <param name="sessions">Sessions remembered.</param>
    /// <param name="founding">Who founded the cluster.</param>
    protected virtual ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => new(application, sessions, founding);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _settings.ResendInterval);
        AskForState();
    }

    /// <inheritdoc/>
    protected sealed override void OnReceive(object message)
    {
        if (_hasState) OnCommand(message);
        else if (message is RestoreFrom from) OnRestoreFrom(from);
        else if (message is Tick) AskForState();
        else if (Stash.Count < MostStashed) Stash.Stash();
    }

    /// <summary>What it is told once it has its state.</summary>
    /// <param name="message">The message.</param>
    protected virtual void OnCommand(object message)
    {
        switch (message)
        {
            case Request m: OnRequest(m.Commands, Sender); break;
            case Forward m: OnRequest(m.Commands, null); break;
            case Relay m: OnRelay(m); break;
            case Reconfigure m: OnReconfigure(m); break;
            case Flush: ProposeOrPassOn(); break;
            case Learned m: OnLearned(m.PValue); break;
            case Decision m: Decide(m); Perform(); break;
            case LeaderChanged m: OnLeaderChanged(m); break;
            case Tick: SendAgain(); break;
            case GetReplicaStatus: Sender.Tell(Status(), Self); break;
            case Progress m: OnProgress(m); break;
            case CatchUp m: OnCatchUp(m); break;
            case Decisions m: OnDecisions(m); break;
            case InstallSnapshot m: OnInstallSnapshot(m.Snapshot); break;
            case GetSnapshot: Sender.Tell(new CapturedState(SlotOut, _history.State.Snapshot()), Self); break;
            case CaptureState: Sender.Tell(_history.Capture(), Self); break;
            case SnapshotSaved m: _history.Saved(m.SlotOut); break;
            case RestoreFrom: break; // asked for twice
            default:
                if (_questions.Handle(message, _history.State)) ScheduleFlush();
                else Unhandled(message);
                break;
        }
    }

    // --- the state that it starts from --------------------------------------------------------------------------------------------------

    private void AskForState() => Snapshotter.Tell(GetState.Instance, Self);

    private void OnRestoreFrom(RestoreFrom from)
    {
        if (from.Snapshot is { } snapshot)
        {
            try
            {
                _history.GoOnFrom(snapshot);
            }
            catch (FormatException e)
            {
                _link.TellRecoveryFailed(_log, e);
                Context.Stop(Self);
                return;
            }
            _history.Saved(SlotOut);
            _slotIn = SlotOut;
        }
        _hasState = true;
        _store.Recovered();
        TellLeaderExecuted();
        Stash.UnstashAll();
    }

    // --- request: from a client (PMMC: ⟨request, c⟩), or passed on by another replica, which answers its clients itself ----------------

    private void OnRequest(IReadOnlyList<Command> commands, IActorRef? client)
    {
        foreach (var command in commands)
        {
            if (_history.State.TryAnswer(command, out var answer))
            {
                if (client is not null) _replies.Add(client, command, answer);
            }
            else if (client is not null && RequestSize.Problem(command.Operation, _settings.MaxRequestBytes) is { } tooLarge)
                _replies.AddTooLarge(client, command, tooLarge);
            else _commands.Add(command, client, TraceTime);
        }
        SendReplies(0);
        ScheduleFlush();
    }

    private void OnRelay(Relay relay)
    {
        if (_leadership.IsHere) OnRequest(relay.Commands, null);
        else _relay.PassOn(relay);
    }

    // One for all that waits in the mailbox: what arrives together travels together.
    private void ScheduleFlush()
    {
        if (_flushing || (_commands.Queued == 0 && !_questions.CanAsk && !_reconfigurations.IsWaiting && !TakesNoEffectYet)) return;
        _flushing = true;
        Self.Tell(Flush.Instance, Self);
    }

    private void ProposeOrPassOn()
    {
        _flushing = false;
        if (_leadership.IsHere) ProposeReconfiguration();
        if (_leadership.IsHere) Propose(_commands.Requests);
        else if (_leadership.IsLed) PassOn();
        Propose(_commands.Unheard);
        if (_leadership.IsHere) FillWindow();
        _questions.AskLeader();
    }

    // --- propose (PMMC: propose()) ------------------------------------------------------------------------------------------------------

    private void Propose(CommandQueue queue)
    {
        while (queue.Peek() is not null)
        {
            if (_proposals.Count > 0 && !queue.IsFull) return; // gather until a slot frees
            if (!HasRoom()) return;
            if (_proposals.Count > 0 && _proposals.Bytes + queue.NextBytes > _settings.WindowBytes) return;
            var batch = _commands.TakeToPropose(queue);
            Propose(_slotIn++, Value.Batch([.. batch.Select(p => p.Command)]), batch);
        }
    }

    private bool HasRoom()
    {
        while (_history.IsDecided(_slotIn) || _proposals.Contains(_slotIn)) _slotIn++;
        return MayPropose(_slotIn);
    }

    /// <summary>Whether a slot is within the window of those that it may propose for (R4).</summary>
    /// <param name="slot">The slot.</param>
    protected virtual bool MayPropose(long slot) => slot < SlotOut + _context.Window;

    private void Propose(long slot, Value value, IReadOnlyList<PendingCommand> commands)
    {
        var proposal = new Proposal(value, commands);
        _proposals.Add(slot, proposal);
        Send(slot, proposal);
    }

    private void Send(long slot, Proposal proposal)
    {
        proposal.SentAt = _tick;
        foreach (var leader in _leadership.IsHere ? [_context.Self] : _context.Membership.Leaders(slot))
            _link.Tell(leader, "leader", _context.Peers.Leader(leader), new Propose(slot, proposal.Value), slot);
    }

    private void PassOn()
    {
        while (_commands.Requests.Peek() is not null)
            if (_commands.TakeToPassOn(_leadership.NextHop, TraceTime) is { Count: > 0 } batch)
                _relay.PassOn([.. batch.Select(p => p.Command)]);
    }

    // --- decision (PMMC: ⟨decision, s, c⟩) ----------------------------------------------------------------------------------------------

    private void OnLearned(PValue pvalue)
    {
        if (_history.Learn(pvalue)) NowDecided(pvalue.Slot);
        Perform();
    }

    private void Decide(Decision decision)
    {
        if (_history.Decide(decision)) NowDecided(decision.Slot);
    }

    private void NowDecided(long slot)
    {
        if (_proposals.Remove(slot) is { } own && !_history.IsDecidedAs(slot, own.Value)) WantAgain(own);
    }

    // What this replica wanted in a slot, and did not get, it wants in another.
    private void WantAgain(Proposal proposal)
    {
        if (proposal.Value.IsReconfiguration) _reconfigurations.NotDecided();
        else _commands.ProposeAgain(proposal.Commands);
    }

    // --- reconfiguration (PMMC 4.4) -----------------------------------------------------------------------------------------------------

    private void OnReconfigure(Reconfigure change)
    {
        if (_leadership.IsHere)
        {
            _reconfigurations.Add(change, Sender);
            ScheduleFlush();
        }
        else if (_leadership.IsLed && change.Hops > 0) _context.Peers.Replica(_leadership.NextHop).Tell(change with { Hops = change.Hops - 1 }, Sender);
        else Sender.Tell(new Reconfigured(Reconfigured.Unled, null));
    }

    private void ProposeReconfiguration()
    {
        if (HasRoom() && _reconfigurations.TakeNext() is { } next) Propose(_slotIn++, Value.Reconfiguration(next), []);
    }

    // It is decided, and governs later slots only.
    private bool TakesNoEffectYet => _leadership.IsHere && _history.State.Configurations.LatestFrom > Math.Max(_slotIn, SlotOut);

    // Also where nobody has a command, it is to take effect.
    private void FillWindow()
    {
        while (TakesNoEffectYet && HasRoom()) Propose(_slotIn++, Value.NoOp, []);
    }

    // --- perform (PMMC: perform(c)) -----------------------------------------------------------------------------------------------------

    private void Perform()
    {
        if (ExecuteDecided()) AfterExecuting();
    }

    private bool ExecuteDecided()
    {
        var before = SlotOut;
        while (_history.ExecuteNext(_executed) is { } ballot) _leadership.Led(ballot.Round);
        return SlotOut > before;
    }

    private void AfterExecuting()
    {
        _slotIn = Math.Max(_slotIn, SlotOut);
        SendReplies(SlotOut - 1);
        _reconfigurations.Executed();
        TellLeaderExecuted();
        _questions.AnswerReady(_history.State);
        _relay.HelpFollowers();
        ScheduleFlush();
    }

    private void Executed(Command command, Answer answer)
    {
        if (_commands.Executed(command) is not { Client: { } client } pending) return;
        if (_settings.Trace) _link.TraceWayHere(SlotOut, pending);
        _replies.Add(client, command, answer);
    }

    private void SendReplies(long slot) =>
        _replies.Send(_leadership.Round, (client, response) => _link.Tell(NodeId.None, "client", client, response, slot));

    private DateTimeOffset TraceTime => _settings.Trace ? Context.System.Scheduler.Now : default;

    private void TellLeaderExecuted() =>
        _link.Tell(_context.Self, "leader", _context.Peers.Leader(_context.Self), new Executed(SlotOut), 0);

    // --- leaders come and go, messages get lost -----------------------------------------------------------------------------------------

    private void OnLeaderChanged(LeaderChanged changed)
    {
        var isElsewhere = _leadership.Is(changed);
        if (!_leadership.IsHere) _reconfigurations.GiveUp();
        if (!isElsewhere) return;
        _log.Info("node {0} leads with ballot {1}{2}", changed.Ballot.Leader, changed.Ballot, changed.Via == NodeId.None ? "" : $", and is reached by way of node {changed.Via}");
        _commands.AnotherLeads();
        if (_leadership.IsRelayed) TakeBackProposals();
        foreach (var (slot, proposal) in _proposals.Lowest(ProposalsResent)) Send(slot, proposal);
        _questions.AnotherLeads();
        ProposeOrPassOn();
        _relay.Follow();
    }

    // No leader that leads would get them. A slot may be decided with its proposal all the same; then that is executed there, and nowhere else.
    private void TakeBackProposals()
    {
        foreach (var proposal in _proposals.RemoveAll()) WantAgain(proposal);
        _slotIn = SlotOut;
    }

    private void SendAgain()
    {
        _tick++;
        _reconfigurations.Tick();
        foreach (var (slot, proposal) in _proposals.Lowest(ProposalsResent))
            if (_tick - proposal.SentAt >= Patience) Send(slot, proposal);
        _commands.Tick(_leadership);
        _relay.Detour(_commands.Unheard);
        _questions.Tick(Patience);
        _relay.Tick(Patience);
        TellLeaderExecuted(); // a leader that was started again learns it so
        FillGap();
        ScheduleFlush();
    }

    // A proposal that was lost with its replica leaves a slot undecided below decided ones. The leader's replica closes it: where
    // the leader has a value for the slot already, it goes on with that one.
    private void FillGap()
    {
        var gaps = _history.Gaps(_tick, Patience);
        if (_leadership.IsHere)
            foreach (var slot in gaps.Where(s => !_proposals.Contains(s))) Propose(slot, Value.NoOp, []);
    }

    // --- what others know, and this replica does not, or the reverse --------------------------------------------------------------------

    /// <exception cref="InvariantViolationException">R3: that replica's state differs.</exception>
    private void OnProgress(Progress other)
    {
        _history.Compare(other);
        _reconfigurations.Heard(other);
        Fetcher.Tell(other, Self);
        Snapshotter.Tell(other, Self);
    }

    private void OnCatchUp(CatchUp wanted)
    {
        if (wanted.Waits) _relay.Help(Sender, wanted.FromSlot);
        else if (_history.From(wanted.FromSlot) is { } decisions) Sender.Tell(decisions, Self);
        else Snapshotter.Tell(wanted, Sender);
    }

    private void OnDecisions(Decisions decisions)
    {
        var before = SlotOut;
        foreach (var decision in decisions.Entries.Where(d => d.Value is not null))
        {
            Decide(decision);
            ExecuteDecided();
        }
        if (SlotOut > before) AfterExecuting();
        TellCaughtUp();
        _relay.FollowOn();
    }

    private void OnInstallSnapshot(ReplicaSnapshot snapshot)
    {
        if (snapshot.SlotOut > SlotOut) Install(snapshot); // else decisions came meanwhile
        TellCaughtUp();
    }

    private void Install(ReplicaSnapshot snapshot)
    {
        try
        {
            _history.GoOnFrom(snapshot);
        }
        catch (FormatException e)
        {
            _log.Error("node {0} received a snapshot that it cannot use: {1}", _context.Self, e.Message);
            return;
        }
        foreach (var overtaken in _proposals.RemoveBelow(SlotOut)) WantAgain(overtaken);
        foreach (var pending in _commands.InOrder())
        {
            if (!_history.State.TryAnswer(pending.Command, out var answer)) continue;
            _commands.Executed(pending.Command);
            if (pending.Client is { } client) _replies.Add(client, pending.Command, answer);
        }
        SendReplies(0);
        Snapshotter.Tell(new SaveInstalled(snapshot), Self);
        ExecuteDecided();
        AfterExecuting();
    }

    private void TellCaughtUp() => Fetcher.Tell(new CaughtUp(SlotOut), Self);

    private ReplicaStatus Status() => new(
        _slotIn, SlotOut, _history.Decided, _history.DecidedBy, _leadership.Ballot, _leadership.IsLed, _history.State.Checksum, _history.SnapshotSlot,
        _history.Uncaptured, _commands.Queued, _proposals.Count, _leadership.Via);
}
