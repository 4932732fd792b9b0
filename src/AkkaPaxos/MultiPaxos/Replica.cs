using System.Text;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The replica of PMMC figure 1: assigns its clients' commands to slots, learns what the slots decide, executes them in order and answers.
/// What is more than in the paper: commands travel in batches; the active leader's own replica proposes, others pass commands on to it and
/// propose for themselves only when they see nothing come of it; questions are answered without a slot of their own; a replica
/// that missed decisions gets them, or a snapshot, from another one (ReplicaQuestions.cs, ReplicaCatchUp.cs).
/// </summary>
public partial class Replica : UntypedPersistentActor, IWithTimers
{
    // Ages are counted in ticks of the resend interval: a message of this age has had at least that interval for its answer.
    private const long Patience = 2;
    private const int BytesOfPatience = 1 << 20; // commands of so many bytes are given as long again
    // The lowest proposals only: the others cannot be executed before these, and re-sending all would flood leaders that are not there.
    private const int ProposalsResent = 8;
    // A client asks again well before a question of this many forward time-outs is forgotten.
    private const int QueryForwardTimeouts = 10;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Flush
    {
        public static readonly Flush Instance = new();
    }

    private sealed record Proposal(Value Value, IReadOnlyList<PendingCommand> Commands)
    {
        public long SentAt { get; set; }
    }

    private readonly RoleContext _context;
    private readonly ProtocolSettings _settings;
    private readonly RoleLink _link;
    private readonly RoleStore _store;
    private readonly long _forwardTicks;

    private ReplicatedState _state;                                      // PMMC: state and slot_out
    private long _slotIn = 1;                                            // PMMC: slot_in
    private readonly PendingCommands _pending = new();
    private readonly CommandQueue _requests;                             // PMMC: requests
    private readonly CommandQueue _unheard;                              // passed on, or waiting for a leader, for too long
    private readonly SortedDictionary<long, Proposal> _proposals = [];   // PMMC: proposals
    private long _proposedBytes;                                         // of the values of proposals
    private readonly ReplicaDecisionLog _log = new();                    // PMMC: decisions
    private readonly Queue<(PendingCommand Command, long Since)> _passed = new();
    private readonly ReplicaReads _reads;
    private readonly ReplicaReplies _replies;
    private readonly ChecksumHistory _checksums = new();
    private Ballot _ballot = Ballot.Bottom; // the highest that the leader beside this replica knows of
    private bool _isLed;                    // whether its leader is active
    private long _round;                    // the highest that is known to have led: such a ballot had a quorum's promises before anybody was told of it
    private bool _flushing;                 // a Flush is in the mailbox
    private long _tick = 1;
    private long _stuckSlot;                // an undecided slot with decided ones behind it
    private long _stuckSince;

    /// <summary>The replica of a node.</summary>
    public Replica(RoleContext context)
    {
        _context = context;
        _settings = context.Settings;
        _link = new RoleLink(Context, context, "replica");
        _store = new RoleStore(Context, context);
        _lag = new ReplicaLag(context.Self);
        _encoder = Context.ActorOf(Props.Create(typeof(SnapshotEncoder)), "encoder");
        _reader = Context.ActorOf(Props.Create(typeof(LongReader)), "reader");
        _forwardTicks = Math.Max(Patience, (long)Math.Ceiling(_settings.ForwardTimeout / _settings.ResendInterval));
        _requests = new CommandQueue(_settings.BatchCommands, _settings.BatchBytes);
        _unheard = new CommandQueue(_settings.BatchCommands, _settings.BatchBytes);
        _reads = new ReplicaReads(Context.System.Scheduler.Now.UtcTicks);
        _replies = new ReplicaReplies(_settings.PageBytes);
        _state = NewState();
        PersistenceId = context.PersistenceId("replica");
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>An application that cannot encode its state is broken, and the replica with it.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    private long SlotOut => _state.SlotOut;

    private bool LeadsHere => _isLed && _ballot.Leader == _context.Self;

    private ReplicatedState NewState() => NewState(_context.StateMachine(), _settings.Sessions);

    /// <summary>The state before the first slot, of an empty application; also what a snapshot is restored into.</summary>
    /// <param name="application">The application.</param>
    /// <param name="sessions">Sessions remembered.</param>
    protected virtual ReplicatedState NewState(IStateMachine application, int sessions) => new(application, sessions);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case Akka.Persistence.SnapshotOffer { Snapshot: ReplicaSnapshot saved }: Recovered(saved); break;
            case ReplicaSnapshotDue: break; // only there to number the snapshots, once
            case RecoveryCompleted: Started(); break;
            default: Unhandled(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Request request: Requested(request.Commands, Sender); break;
            case Forward forward: Requested(forward.Commands, null); break;
            case Flush: ProposeOrPassOn(); break;
            case Learned learned: Learned(learned.PValue); break;
            case Decision decision: Decided(decision); break;
            case LeaderChanged changed: LeaderChanged(changed); break;
            case Tick: SendAgain(); break;
            case GetReplicaStatus: Sender.Tell(Status(), Self); break;
            case GetSnapshot: _encoder.Tell(new EncodeSnapshot(SlotOut, _state.Snapshot()), Sender); break;
            default:
                if (!QuestionCommand(message) && !CatchUpCommand(message)) Unhandled(message);
                break;
        }
    }

    private void Started()
    {
        _store.Recovered();
        _slotIn = SlotOut;
        StaggerSnapshots();
        _checksums.Add(SlotOut, _state.Checksum);
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _settings.ResendInterval);
        Timers.StartPeriodicTimer(ProgressTick.Instance, ProgressTick.Instance, _settings.ProgressInterval);
        TellLeaderExecuted();
    }

    // --- request: from a client (PMMC: ⟨request, c⟩), or passed on by another replica, which answers its clients itself ----------------

    private void Requested(IReadOnlyList<Command> commands, IActorRef? client)
    {
        foreach (var command in commands)
        {
            if (_state.TryAnswer(command, out var answer))
            {
                if (client is not null) _replies.Add(client, ReplyTo(command, answer));
            }
            else if (client is not null && RequestSize.Problem(command.Operation, _settings.MaxRequestBytes) is { } tooLarge)
                _replies.Add(client, new Reply(command.Client, command.Sequence, ReplyStatus.TooLarge, Encoding.UTF8.GetBytes(tooLarge)));
            else if (_pending.TryGet(command.Id, out var known)) known.Client = client ?? known.Client;
            else if (_pending.Bytes + command.Operation.Length <= _settings.PendingBytes) // beyond that: the client sends again
                Enqueue(_pending.Add(command, client), _requests.Add);
        }
        SendReplies(0);
        ScheduleFlush();
    }

    private void Enqueue(PendingCommand pending, Action<PendingCommand> add)
    {
        if (pending.Since == 0 && _settings.Trace) pending.ArrivedAt = Context.System.Scheduler.Now;
        pending.Since = _tick;
        add(pending);
    }

    // One for all that waits in the mailbox: what arrives together travels together.
    private void ScheduleFlush()
    {
        if (_flushing || (_requests.Count == 0 && _unheard.Count == 0 && !_reads.CanAsk)) return;
        _flushing = true;
        Self.Tell(Flush.Instance, Self);
    }

    private void ProposeOrPassOn()
    {
        _flushing = false;
        if (LeadsHere) Propose(_requests);
        else if (_isLed) PassOn();
        Propose(_unheard);
        AskLeader();
    }

    // --- propose (PMMC: propose()) ------------------------------------------------------------------------------------------------------

    private void Propose(CommandQueue queue)
    {
        while (queue.Peek() is not null)
        {
            if (_proposals.Count > 0 && !queue.IsFull) return; // gather until a slot frees
            while (_log.IsDecided(_slotIn) || _proposals.ContainsKey(_slotIn)) _slotIn++;
            if (_slotIn >= SlotOut + _settings.Window) return; // R4
            if (_proposals.Count > 0 && _proposedBytes + queue.NextBytes > _settings.WindowBytes) return;
            var batch = queue.TakeBatch();
            foreach (var pending in batch)
            {
                pending.Stage = CommandStage.Proposed;
                pending.Since = _tick;
            }
            Propose(_slotIn++, Value.Batch([.. batch.Select(p => p.Command)]), batch);
        }
    }

    private void Propose(long slot, Value value, IReadOnlyList<PendingCommand> commands)
    {
        var proposal = new Proposal(value, commands);
        _proposals.Add(slot, proposal);
        _proposedBytes += value.Encoded.Length;
        Send(slot, proposal);
    }

    private void Send(long slot, Proposal proposal)
    {
        proposal.SentAt = _tick;
        foreach (var leader in LeadsHere ? [_context.Self] : _context.Membership.Leaders(slot))
            _link.Tell(leader, "leader", _context.Peers.Leader(leader), new Propose(slot, proposal.Value), slot);
    }

    // --- passing on to the active leader's replica --------------------------------------------------------------------------------------

    private void PassOn()
    {
        var leader = _ballot.Leader;
        while (_requests.Peek() is not null)
        {
            var batch = _requests.TakeBatch();
            foreach (var dropped in batch.Where(p => p.Client is null))
            {
                // Another replica passed it on: it will find the leader itself. Never twice, or commands might circle.
                dropped.Stage = CommandStage.Done;
                _pending.Remove(dropped.Command.Id, out _);
            }
            batch.RemoveAll(p => p.Client is null);
            if (batch.Count == 0) continue;
            foreach (var pending in batch)
            {
                pending.Stage = CommandStage.Passed;
                pending.Since = _tick;
                if (_settings.Trace) (pending.PassedTo, pending.PassedAt) = (leader, Context.System.Scheduler.Now);
                _passed.Enqueue((pending, _tick));
            }
            _link.Tell(leader, "replica", _context.Peers.Replica(leader), new Forward([.. batch.Select(p => p.Command)]));
        }
    }

    // --- decision (PMMC: ⟨decision, s, c⟩) ----------------------------------------------------------------------------------------------

    private bool IsNear(long slot) => slot < SlotOut + 4 * _settings.Window; // what lies farther ahead is fetched when it is its turn

    private void Learned(PValue pvalue)
    {
        if (pvalue.Slot >= SlotOut && IsNear(pvalue.Slot) && _log.Learn(pvalue)) NowDecided(pvalue.Slot);
        Perform();
    }

    private void Decided(Decision decision)
    {
        Decide(decision);
        Perform();
    }

    private void Decide(Decision decision)
    {
        _decidedBy = decision.Ballot.Leader;
        if (!IsNear(decision.Slot)) _log.Note(decision.Slot);
        else if (_log.Add(decision)) NowDecided(decision.Slot);
    }

    // What this replica wanted in that slot, and did not get, it wants in another.
    private void NowDecided(long slot)
    {
        if (RemoveProposal(slot) is not { } own) return;
        _log.TryGet(slot, out var decision);
        if (own.Value.Equals(decision.Value)) return;
        foreach (var pending in own.Commands.Where(p => p.Stage == CommandStage.Proposed)) Enqueue(pending, _requests.AddFirst);
    }

    private Proposal? RemoveProposal(long slot)
    {
        if (!_proposals.Remove(slot, out var proposal)) return null;
        _proposedBytes -= proposal.Value.Encoded.Length;
        return proposal;
    }

    // --- perform (PMMC: perform(c)) -----------------------------------------------------------------------------------------------------

    private void Perform()
    {
        if (ExecuteDecided()) AfterExecuting();
    }

    private bool ExecuteDecided()
    {
        var before = SlotOut;
        while (_log.TryGet(SlotOut, out var decision))
        {
            var slot = SlotOut;
            try
            {
                _state.Execute(decision.Value!, (command, answer) => Executed(slot, command, answer));
            }
            catch (Exception e)
            {
                throw new StateMachineException(slot, e);
            }
            _round = Math.Max(_round, decision.Ballot.Round);
            _checksums.Add(SlotOut, _state.Checksum);
            _bytesSinceSnapshot += decision.Value!.Encoded.Length;
        }
        return SlotOut > before;
    }

    private void AfterExecuting()
    {
        _slotIn = Math.Max(_slotIn, SlotOut);
        SendReplies(SlotOut - 1);
        TellLeaderExecuted();
        AnswerReady();
        SnapshotIfDue();
        ScheduleFlush();
    }

    private void Executed(long slot, Command command, Answer answer)
    {
        if (!_pending.Remove(command.Id, out var pending)) return;
        Over(pending);
        if (pending.Client is null) return;
        if (_settings.Trace) TraceWayHere(slot, pending);
        _replies.Add(pending.Client, ReplyTo(command, answer));
    }

    // A command that waits in a queue leaves it; one in a proposal stays there, and is not asked for again.
    private void Over(PendingCommand pending)
    {
        if (pending.Stage == CommandStage.Queued) pending.Queue!.Drop(pending);
        else pending.Stage = CommandStage.Done;
    }

    private void SendReplies(long slot) => _replies.Send(_round, (client, response) => _link.Tell(NodeId.None, "client", client, response, slot));

    private void TellLeaderExecuted() =>
        _link.Tell(_context.Self, "leader", _context.Peers.Leader(_context.Self), new Executed(SlotOut), 0);

    private static Reply ReplyTo(Command command, Answer answer) => new(
        command.Client,
        command.Sequence,
        answer.Outcome switch
        {
            Outcome.Executed => ReplyStatus.Ok,
            Outcome.Stale => ReplyStatus.Stale,
            Outcome.NotExecuted => ReplyStatus.NotExecuted,
            _ => ReplyStatus.SessionUnknown,
        },
        answer.Result);

    // Which slot a command would get was not known when it came and was passed on: told now, with the times of then.
    private void TraceWayHere(long slot, PendingCommand pending)
    {
        IReadOnlyList<Command> commands = [pending.Command];
        var events = Context.System.EventStream;
        events.Publish(new MessageSent(pending.ArrivedAt, NodeId.None, "client", _context.Self, "replica", slot, new Request(commands)));
        if (pending.PassedTo != NodeId.None)
            events.Publish(new MessageSent(pending.PassedAt, _context.Self, "replica", pending.PassedTo, "replica", slot, new Forward(commands)));
    }

    // --- leaders come and go, messages get lost -----------------------------------------------------------------------------------------

    private void LeaderChanged(LeaderChanged changed)
    {
        var elsewhere = changed.Ballot.Leader != _ballot.Leader || !_isLed;
        (_ballot, _isLed) = (changed.Ballot, changed.IsActive);
        if (_isLed) _round = Math.Max(_round, _ballot.Round);
        if (!_isLed || !elsewhere) return;
        Log.Info("node {0} leads with ballot {1}", _ballot.Leader, _ballot);
        // What was passed on to another leader's replica may be lost with it.
        while (_passed.TryDequeue(out var passed))
            if (IsStillPassed(passed)) Enqueue(passed.Command, _requests.AddFirst);
        // What waited for a leader need wait no longer.
        while (_unheard.Peek() is not null) Enqueue(_unheard.Take(), _requests.AddFirst);
        foreach (var (slot, proposal) in _proposals.Take(ProposalsResent)) Send(slot, proposal);
        if (_reads.AskAgain(_tick, 0) is { } question) Ask(question);
        ProposeOrPassOn();
    }

    private static bool IsStillPassed((PendingCommand Command, long Since) passed) =>
        passed.Command.Stage == CommandStage.Passed && passed.Command.Since == passed.Since;

    private void SendAgain()
    {
        _tick++;
        foreach (var (slot, proposal) in _proposals.Take(ProposalsResent))
            if (_tick - proposal.SentAt >= Patience) Send(slot, proposal);
        while (_passed.TryPeek(out var passed) && (!IsStillPassed(passed) || _tick - passed.Since >= ForwardPatience))
        {
            _passed.Dequeue();
            if (IsStillPassed(passed)) GiveUpOnLeader(passed.Command);
        }
        while (!_isLed && _requests.Peek() is { } waiting && _tick - waiting.Since >= ForwardPatience) GiveUpOnLeader(_requests.Take());
        if (_isLed && _reads.AskAgain(_tick, Patience) is { } question) Ask(question);
        var forgotten = _tick - QueryForwardTimeouts * _forwardTicks;
        _reads.Forget(forgotten);
        _largeAnswers.Forget(forgotten);
        FillGap();
        ScheduleFlush();
    }

    // Much that is under way takes its time, and the more so where it is sent once more.
    private long ForwardPatience => _forwardTicks * (1 + _pending.Bytes / BytesOfPatience);

    private void GiveUpOnLeader(PendingCommand pending) => Enqueue(pending, _unheard.Add);

    // A proposal that was lost with its replica leaves a slot undecided below decided ones. The leader's replica closes it: where
    // the leader has a value for the slot already, it goes on with that one.
    private void FillGap()
    {
        if (_log.Highest < SlotOut || _log.IsDecided(SlotOut)) return;
        if (_stuckSlot != SlotOut) (_stuckSlot, _stuckSince) = (SlotOut, _tick);
        if (!LeadsHere || _tick - _stuckSince < Patience) return;
        for (var slot = SlotOut; slot < Math.Min(_log.Highest, SlotOut + _settings.Window); slot++)
            if (!_log.IsDecided(slot) && !_proposals.ContainsKey(slot)) Propose(slot, Value.NoOp, []);
    }

    private ReplicaStatus Status() => new(
        _slotIn, SlotOut, _ballot, _isLed, _state.Checksum, _snapshotSlot, _requests.Count + _unheard.Count, _proposals.Count, [.. _lag.Peers]);
}
