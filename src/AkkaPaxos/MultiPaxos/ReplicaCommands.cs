using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The commands that a replica has to see through, and where each stands: waiting to be proposed, passed on to the leader's replica, or proposed. Time is counted in ticks
/// of the resend interval.
/// </summary>
/// <param name="settings">The protocol's settings.</param>
internal sealed class ReplicaCommands(ProtocolSettings settings)
{
    private const int BytesOfPatience = 1 << 20; // commands of so many bytes are given as long again

    private readonly PendingCommands _pending = new();
    private readonly Queue<(PendingCommand Command, long Since)> _passed = new();
    private long _tick = 1;

    /// <summary>PMMC's requests: for whoever leads.</summary>
    public CommandQueue Requests { get; } = new(settings.BatchCommands, settings.BatchBytes);

    /// <summary>Those of which nothing was seen to come: the replica proposes them to every leader.</summary>
    public CommandQueue Unheard { get; } = new(settings.BatchCommands, settings.BatchBytes);

    /// <summary>How many wait to be proposed or passed on.</summary>
    public int Queued => Requests.Count + Unheard.Count;

    /// <summary>A command that is neither executed nor refused. One that is known already is answered to whoever asked last.</summary>
    /// <param name="command">The command.</param>
    /// <param name="client">Who is to be answered; null where another replica passed it on.</param>
    /// <param name="arrivedAt">For a trace.</param>
    public void Add(Command command, IActorRef? client, DateTimeOffset arrivedAt)
    {
        if (_pending.TryGet(command.Id, out var known)) known.Client = client ?? known.Client;
        else if (_pending.Bytes + command.Operation.Length <= settings.PendingBytes) // beyond that: the client sends again
        {
            var pending = _pending.Add(command, client);
            pending.ArrivedAt = arrivedAt;
            Enqueue(pending, Requests.Add);
        }
    }

    /// <summary>Takes a batch to be proposed.</summary>
    public List<PendingCommand> TakeToPropose(CommandQueue queue)
    {
        var batch = queue.TakeBatch();
        foreach (var pending in batch) (pending.Stage, pending.Since) = (CommandStage.Proposed, _tick);
        return batch;
    }

    /// <summary>Their slot was decided otherwise: they are proposed anew, before others.</summary>
    public void ProposeAgain(IEnumerable<PendingCommand> commands)
    {
        foreach (var pending in commands.Where(p => p.Stage == CommandStage.Proposed)) Enqueue(pending, Requests.AddFirst);
    }

    /// <summary>
    /// Takes a batch to be passed on; may be empty. What another replica passed on is dropped: that one will find the leader itself. Never twice, or commands might
    /// circle.
    /// </summary>
    /// <param name="to">The node that leads.</param>
    /// <param name="now">For a trace.</param>
    public List<PendingCommand> TakeToPassOn(NodeId to, DateTimeOffset now)
    {
        var batch = Requests.TakeBatch();
        foreach (var dropped in batch.Where(p => p.Client is null))
        {
            dropped.Stage = CommandStage.Done;
            _pending.Remove(dropped.Command.Id, out _);
        }
        batch.RemoveAll(p => p.Client is null);
        foreach (var pending in batch)
        {
            (pending.Stage, pending.Since, pending.PassedTo, pending.PassedAt) = (CommandStage.Passed, _tick, to, now);
            _passed.Enqueue((pending, _tick));
        }
        return batch;
    }

    /// <summary>Another node leads: what was passed on may be lost with the one before, and what waited for a leader need wait no longer.</summary>
    public void AnotherLeads()
    {
        while (_passed.TryDequeue(out var passed))
            if (IsStillPassed(passed)) Enqueue(passed.Command, Requests.AddFirst);
        while (Unheard.Peek() is not null) Enqueue(Unheard.Take(), Requests.AddFirst);
    }

    /// <summary>A command is executed, or known to be.</summary>
    /// <returns>Null where it is not one of these.</returns>
    public PendingCommand? Executed(Command command)
    {
        if (!_pending.Remove(command.Id, out var pending)) return null;
        // One that waits in a queue leaves it; one in a proposal stays there, and is not asked for again.
        if (pending.Stage == CommandStage.Queued) pending.Queue!.Drop(pending);
        else pending.Stage = CommandStage.Done;
        return pending;
    }

    /// <summary>All of them, in the order in which they arrived.</summary>
    public List<PendingCommand> InOrder() => _pending.InOrder();

    /// <summary>
    /// A tick has passed: gives up on the leader where nothing is seen to come of what it was passed, or where there is none. One that is reached by way of another
    /// node is tried again that way, as no leader that leads would get a proposal.
    /// </summary>
    public void Tick(Leadership leadership)
    {
        _tick++;
        while (_passed.TryPeek(out var passed) && (!IsStillPassed(passed) || _tick - passed.Since >= ForwardPatience))
        {
            _passed.Dequeue();
            if (IsStillPassed(passed)) Enqueue(passed.Command, leadership.IsRelayed ? Requests.AddFirst : Unheard.Add);
        }
        while (!leadership.IsLed && Requests.Peek() is { } waiting && _tick - waiting.Since >= ForwardPatience) Enqueue(Requests.Take(), Unheard.Add);
    }

    // Much that is under way takes its time, and the more so where it is sent once more.
    private long ForwardPatience => settings.ForwardTicks * (1 + _pending.Bytes / BytesOfPatience);

    private static bool IsStillPassed((PendingCommand Command, long Since) passed) =>
        passed.Command.Stage == CommandStage.Passed && passed.Command.Since == passed.Since;

    private void Enqueue(PendingCommand pending, Action<PendingCommand> add)
    {
        pending.Since = _tick;
        add(pending);
    }
}

/// <summary>The commands that a replica has to see through, by identity.</summary>
internal sealed class PendingCommands
{
    private readonly Dictionary<CommandId, PendingCommand> _byId = [];
    private long _number;

    /// <summary>Bytes of their operations.</summary>
    public long Bytes { get; private set; }

    public bool TryGet(CommandId id, out PendingCommand pending) => _byId.TryGetValue(id, out pending!);

    public PendingCommand Add(Command command, IActorRef? client)
    {
        var pending = new PendingCommand(command, client, ++_number);
        _byId.Add(command.Id, pending);
        Bytes += command.Operation.Length;
        return pending;
    }

    public bool Remove(CommandId id, out PendingCommand pending)
    {
        if (!_byId.Remove(id, out pending!)) return false;
        Bytes -= pending.Command.Operation.Length;
        return true;
    }

    /// <summary>All of them, in the order in which they arrived.</summary>
    public List<PendingCommand> InOrder() => [.. _byId.Values.OrderBy(p => p.Number)];
}
