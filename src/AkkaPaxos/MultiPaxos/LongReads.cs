using Akka.Actor;

namespace AkkaPaxos.MultiPaxos;

/// <summary>Replica to its reader: answer this. Answered with a <see cref="LongAnswer"/>.</summary>
/// <param name="Asked">Who asks what.</param>
/// <param name="Work">Makes the answer.</param>
/// <param name="Cancel">Canceled when nobody waits for it any more.</param>
internal sealed record AnswerLong(PendingQuery Asked, Func<CancellationToken, ReadOnlyMemory<byte>> Work, CancellationToken Cancel) : INodeMessage;

/// <summary>The reader to its replica.</summary>
/// <param name="Asked">Who asked what.</param>
/// <param name="Result">The answer; nothing where it was canceled or failed.</param>
/// <param name="Failure">Why it failed.</param>
internal sealed record LongAnswer(PendingQuery Asked, ReadOnlyMemory<byte>? Result, Exception? Failure) : INodeMessage;

/// <summary>Answers a replica's long questions beside it, one at a time, so that it goes on executing meanwhile.</summary>
internal sealed class LongReader : UntypedActor
{
    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is not AnswerLong question)
        {
            Unhandled(message);
            return;
        }

        LongAnswer answer;
        try
        {
            answer = new LongAnswer(question.Asked, question.Work(question.Cancel), null);
        }
        catch (OperationCanceledException) when (question.Cancel.IsCancellationRequested)
        {
            answer = new LongAnswer(question.Asked, null, null);
        }
        catch (Exception e)
        {
            answer = new LongAnswer(question.Asked, null, e);
        }

        Sender.Tell(answer, Self);
    }
}

/// <summary>The long questions of a replica: one with the reader, some that wait for it.</summary>
internal sealed class LongReads
{
    // Each may take as long as all keys take.
    private const int MostWaiting = 64;

    private readonly List<PendingQuery> _waiting = [];
    private PendingQuery? _running;
    private CancellationTokenSource? _cancel;

    /// <summary>Whether the reader works.</summary>
    public bool IsBusy => _running is not null;

    /// <summary>The reader is given this one.</summary>
    /// <returns>Canceled when it is withdrawn.</returns>
    public CancellationToken Start(PendingQuery asked)
    {
        (_running, _cancel) = (asked, new CancellationTokenSource());
        return _cancel.Token;
    }

    /// <summary>Has a question wait; false where too many do. One that waits already, or is being answered, is asked again by its impatient client.</summary>
    public bool TryWait(PendingQuery asked)
    {
        if (IsSame(_running, asked) || _waiting.Any(q => IsSame(q, asked))) return true;
        if (_waiting.Count >= MostWaiting) return false;
        _waiting.Add(asked);
        return true;
    }

    /// <summary>The reader is done.</summary>
    /// <returns>The next question; null where none waits.</returns>
    public PendingQuery? Next()
    {
        _cancel?.Dispose();
        (_running, _cancel) = (null, null);
        if (_waiting is not [var next, ..]) return null;
        _waiting.RemoveAt(0);
        return next;
    }

    /// <summary>Nobody waits for these any more.</summary>
    public void Withdraw(IActorRef client, IReadOnlySet<long> ids)
    {
        if (_running is { } running && running.IsOneOf(client, ids)) _cancel!.Cancel();
        _waiting.RemoveAll(q => q.IsOneOf(client, ids));
    }

    private static bool IsSame(PendingQuery? a, PendingQuery b) => a is { } known && known.Query.Id == b.Query.Id && known.Client.Equals(b.Client);
}

/// <summary>Answers that are too large for a message, until their clients have fetched them part by part.</summary>
/// <param name="mostBytes">Bytes that are held; a single larger answer still is.</param>
internal sealed class LargeAnswers(long mostBytes)
{
    private sealed record Held(ReadOnlyMemory<byte> Bytes)
    {
        public long Since { get; set; }
    }

    private readonly Dictionary<(IActorRef Client, long Id), Held> _held = [];
    private long _bytes;

    /// <summary>Holds an answer, in the place of an earlier one to the same question; false where there is no room.</summary>
    public bool TryHold(IActorRef client, long id, ReadOnlyMemory<byte> answer, long tick)
    {
        Drop((client, id));
        if (_bytes > 0 && _bytes + answer.Length > mostBytes) return false;
        _held.Add((client, id), new Held(answer) { Since = tick });
        _bytes += answer.Length;
        return true;
    }

    /// <summary>A part of an answer; null where it is not held (any more).</summary>
    public ReadOnlyMemory<byte>? Part(IActorRef client, long id, long offset, long bytes, long tick)
    {
        if (!_held.TryGetValue((client, id), out var held) || offset < 0 || offset >= held.Bytes.Length) return null;
        held.Since = tick;
        return held.Bytes.Slice((int)offset, (int)Math.Min(bytes, held.Bytes.Length - offset));
    }

    /// <summary>The client has it, or does not want it.</summary>
    public void Withdraw(IActorRef client, IEnumerable<long> ids)
    {
        foreach (var id in ids) Drop((client, id));
    }

    /// <summary>Drops what was not fetched since a tick.</summary>
    public void Forget(long before)
    {
        foreach (var key in _held.Where(h => h.Value.Since < before).Select(h => h.Key).ToList()) Drop(key);
    }

    private void Drop((IActorRef, long) key)
    {
        if (_held.Remove(key, out var held)) _bytes -= held.Bytes.Length;
    }
}
