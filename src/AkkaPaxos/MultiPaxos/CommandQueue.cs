using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>Where a command stands that is not executed.</summary>
internal enum CommandStage
{
    /// <summary>In a <see cref="CommandQueue"/>.</summary>
    Queued,

    /// <summary>Passed on to the leader's replica.</summary>
    Passed,

    /// <summary>In a proposal of this replica.</summary>
    Proposed,

    /// <summary>Over: executed, or dropped.</summary>
    Done,
}

/// <summary>A command that a replica has to see through: one of <c>requests</c> or <c>proposals</c> in PMMC figure 1.</summary>
internal sealed class PendingCommand(Command command, IActorRef? client, long number)
{
    public Command Command { get; } = command;

    /// <summary>Who is to get the answer: the last one that asked; null where another replica passed it on and answers.</summary>
    public IActorRef? Client { get; set; } = client;

    /// <summary>Grows by one a command: the order of arrival.</summary>
    public long Number { get; } = number;

    public CommandStage Stage { get; set; }

    /// <summary>The replica's tick at which it entered the stage.</summary>
    public long Since { get; set; }

    /// <summary>The queue in which it waits, or last waited.</summary>
    public CommandQueue? Queue { get; set; }

    /// <summary>When it came; only where tracing is on.</summary>
    public DateTimeOffset ArrivedAt { get; set; }

    /// <summary>The node to which it was passed on; only where tracing is on.</summary>
    public NodeId PassedTo { get; set; }

    /// <summary>When it was passed on; only where tracing is on.</summary>
    public DateTimeOffset PassedAt { get; set; }
}

/// <summary>
/// Commands that wait to be proposed or passed on, and how they gather into batches. A command that is done meanwhile stays in the queue
/// and is skipped when its turn comes.
/// </summary>
internal sealed class CommandQueue(int batchCommands, long batchBytes)
{
    private readonly Queue<PendingCommand> _again = new(); // lost their slot to others: first in line
    private readonly Queue<PendingCommand> _queue = new();

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Bytes of the batch that would be taken next, or somewhat more.</summary>
    public long NextBytes => Math.Min(Bytes, Math.Max(batchBytes, Peek()?.Command.Operation.Length ?? 0));

    /// <summary>Whether what waits fills a batch.</summary>
    public bool IsFull => Count >= batchCommands || Bytes >= batchBytes;

    public void Add(PendingCommand pending) => Add(pending, _queue);

    /// <summary>Puts a command before all that were added, after those put there before.</summary>
    public void AddFirst(PendingCommand pending) => Add(pending, _again);

    /// <summary>A command that waits here is done.</summary>
    public void Drop(PendingCommand pending)
    {
        pending.Stage = CommandStage.Done;
        Count--;
        Bytes -= pending.Command.Operation.Length;
    }

    /// <summary>Takes a batch: as many commands as fill it, one at least where any waits.</summary>
    public List<PendingCommand> TakeBatch()
    {
        var batch = new List<PendingCommand>(Math.Min(Count, batchCommands));
        var bytes = 0L;
        while (batch.Count < batchCommands && Peek() is { } next && (batch.Count == 0 || bytes + next.Command.Operation.Length <= batchBytes))
        {
            bytes += next.Command.Operation.Length;
            batch.Add(Take());
        }
        return batch;
    }

    /// <summary>The commands of the batch that would be taken next.</summary>
    public List<Command> First()
    {
        var (first, bytes) = (new List<Command>(), 0L);
        foreach (var pending in _again.Concat(_queue).Where(p => p.Stage == CommandStage.Queued && p.Queue == this))
        {
            bytes += pending.Command.Operation.Length;
            if (first.Count > 0 && (first.Count == batchCommands || bytes > batchBytes)) break;
            first.Add(pending.Command);
        }
        return first;
    }

    /// <summary>The command whose turn is next; null where none waits.</summary>
    public PendingCommand? Peek()
    {
        while (_again.TryPeek(out var next) || _queue.TryPeek(out next))
        {
            if (next.Stage == CommandStage.Queued) return next;
            if (!_again.TryDequeue(out _)) _queue.Dequeue();
        }
        return null;
    }

    /// <summary>Takes the command that <see cref="Peek"/> returned.</summary>
    public PendingCommand Take()
    {
        if (!_again.TryDequeue(out var next)) next = _queue.Dequeue();
        Count--;
        Bytes -= next.Command.Operation.Length;
        return next;
    }

    private void Add(PendingCommand pending, Queue<PendingCommand> queue)
    {
        (pending.Stage, pending.Queue) = (CommandStage.Queued, this);
        queue.Enqueue(pending);
        Count++;
        Bytes += pending.Command.Operation.Length;
    }
}
