using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>Executes a command each time it is decided: no look into the session (R5).</summary>
internal sealed class ExecutesWithoutSession(RoleContext context) : Replica(context)
{
    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => new State(application, sessions, founding);

    private sealed class State(IStateMachine application, int sessions, ConfigurationHistory founding) : ReplicatedState(application, sessions, founding)
    {
        private readonly IStateMachine _application = application;

        protected override Answer ExecuteOnce(Command command) =>
            TryAnswer(command, out var known) && known.Outcome == Outcome.Executed && command.Client != 0
                ? new Answer(Outcome.Executed, _application.Apply(command.Operation))
                : base.ExecuteOnce(command);
    }
}

/// <summary>Executes commands of sessions that it does not know, or no longer: a retry may come after its session was forgotten (R5).</summary>
internal sealed class ExecutesUnknownSessions(RoleContext context) : Replica(context)
{
    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => new State(application, sessions, founding);

    private sealed class State(IStateMachine application, int sessions, ConfigurationHistory founding) : ReplicatedState(application, sessions, founding)
    {
        private readonly IStateMachine _application = application;

        protected override Answer ExecuteOnce(Command command)
        {
            var answer = base.ExecuteOnce(command);
            return answer.Outcome == Outcome.SessionUnknown ? new Answer(Outcome.Executed, _application.Apply(command.Operation)) : answer;
        }
    }
}

/// <summary>
/// Says of each command of a session that it does not know that it was not executed: its client sends it again under a new one (R5).
/// </summary>
internal sealed class DeniesExecution(RoleContext context) : Replica(context)
{
    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => new State(application, sessions, founding);

    private sealed class State(IStateMachine application, int sessions, ConfigurationHistory founding) : ReplicatedState(application, sessions, founding)
    {
        protected override Answer ExecuteOnce(Command command)
        {
            var answer = base.ExecuteOnce(command);
            return answer.Outcome == Outcome.SessionUnknown ? new Answer(Outcome.NotExecuted, default) : answer;
        }
    }
}

/// <summary>Forgets a client's answers up to its latest command, though the client waits for them (R5).</summary>
internal sealed class ForgetsAnswers(RoleContext context) : Replica(context)
{
    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => new State(application, sessions, founding);

    private sealed class State(IStateMachine application, int sessions, ConfigurationHistory founding) : ReplicatedState(application, sessions, founding)
    {
        protected override Answer ExecuteOnce(Command command) => base.ExecuteOnce(command with { Oldest = command.Sequence + 1 });
    }
}

/// <summary>Encodes in its snapshots the state as it is by then, not as it was at the snapshot's slot (R3).</summary>
internal sealed class SnapshotsLaterState(RoleContext context) : Replica(context with { StateMachine = () => new Later(context.StateMachine()) })
{
    private sealed class Later(IStateMachine application) : IStateMachine
    {
        public ulong Checksum => application.Checksum;

        public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation) => application.Apply(operation);

        public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => application.Query(query);

        public Func<byte[]> Snapshot() => () => application.Snapshot()();

        public void Restore(ReadOnlyMemory<byte> snapshot) => application.Restore(snapshot);
    }
}

/// <summary>Executes decisions in the order in which they arrive (R3).</summary>
internal sealed class ExecutesAsTheyArrive(RoleContext context) : Replica(context)
{
    private readonly Dictionary<long, Value> _learned = [];
    private readonly HashSet<long> _arrived = [];
    private ReplicatedState? _state = null;

    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => _state = base.NewState(application, sessions, founding);

    protected override void OnCommand(object message)
    {
        if (message is Learned learned) _learned[learned.PValue.Slot] = learned.PValue.Value;
        if (message is Decision decision && (decision.Value ?? _learned.GetValueOrDefault(decision.Slot)) is { } value)
        {
            if (!_arrived.Add(decision.Slot) || decision.Slot < _state!.SlotOut) return;
            message = new Decision(_state.SlotOut, decision.Ballot, value);
        }

        base.OnCommand(message);
    }
}

/// <summary>Does not wait for a slot whose decision it has missed: goes on with the later ones as if a no-op were decided there (R3).</summary>
internal sealed class SkipsGaps(RoleContext context) : Replica(context)
{
    private ReplicatedState? _state = null;

    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => _state = base.NewState(application, sessions, founding);

    protected override void OnCommand(object message)
    {
        if (message is Decision decision)
            while (_state!.SlotOut < decision.Slot) base.OnCommand(new Decision(_state.SlotOut, decision.Ballot, Value.NoOp));
        base.OnCommand(message);
    }
}

/// <summary>Takes what its own acceptor has accepted for decided (R2).</summary>
internal sealed class DecidesWhatItLearned(RoleContext context) : Replica(context)
{
    protected override void OnCommand(object message) => base.OnCommand(
        message is Learned { PValue: var pvalue } ? new Decision(pvalue.Slot, pvalue.Ballot, pvalue.Value) : message);
}

/// <summary>Answers every question from its own state, however far behind that is (linearizability).</summary>
internal sealed class ReadsLocally(RoleContext context) : Replica(context)
{
    protected override void OnCommand(object message) => base.OnCommand(
        message is QueryRequest request ? new QueryRequest([.. request.Queries.Select(q => q with { Serializable = true })]) : message);
}

/// <summary>Answers a question once a leader is known to lead, without waiting for the slot that it named (linearizability).</summary>
internal sealed class ReadsTooEarly(RoleContext context) : Replica(context)
{
    protected override void OnCommand(object message) =>
        base.OnCommand(message is ReadIndexResult { Slot: > 0 } result ? result with { Slot = 0 } : message);
}

/// <summary>Proposes for slots up to twice the window ahead (R4).</summary>
internal sealed class ProposesBeyondWindow(RoleContext context) : Replica(context)
{
    private readonly long _window = context.Window;

    protected override bool MayPropose(long slot) => base.MayPropose(slot - _window);
}

/// <summary>Has a state machine whose outcome depends on the node at times, as one does that asks its clock (R3).</summary>
internal sealed class ExecutesUnlikeOthers(RoleContext context)
    : Replica(context with { StateMachine = () => new NodeDependent(context.StateMachine(), (ulong)context.Self.Value) })
{
    private sealed class NodeDependent(IStateMachine application, ulong node) : IStateMachine
    {
        public ulong Checksum => application.Checksum;

        public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
        {
            var changed = operation.ToArray();
            if (Checksum % 16 == node) changed[0] ^= 0x80;
            return application.Apply(changed);
        }

        public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => application.Query(query);

        public Func<byte[]> Snapshot() => application.Snapshot();

        public void Restore(ReadOnlyMemory<byte> snapshot) => application.Restore(snapshot);
    }
}
