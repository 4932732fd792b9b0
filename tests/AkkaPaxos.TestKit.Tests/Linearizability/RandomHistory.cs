using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

/// <summary>
/// Histories of clients of an object that is linearizable: each call takes effect at once, some time after it was made, and is answered later.
/// </summary>
internal static class RandomHistory
{
    /// <summary>Makes a history.</summary>
    /// <param name="model">The object.</param>
    /// <param name="call">What a client asks for.</param>
    /// <param name="random">Chance.</param>
    /// <param name="clients">How many clients ask, each for one thing at a time.</param>
    /// <param name="count">How many operations.</param>
    /// <param name="open">How probable it is that a client gives up waiting. What it asked for is done in half of these cases, if late.</param>
    public static IReadOnlyList<Operation<TCall, TResult>> Of<TState, TCall, TResult>(
        Model<TState, TCall, TResult> model, Func<string, TCall> call, Random random, int clients, int count, double open = 0)
    {
        var recorder = new HistoryRecorder<TCall, TResult>();
        var state = model.Initial;
        List<(string Client, TCall Call)> waiting = [], lost = [];
        List<(string Client, TResult Result)> done = [];
        var idle = Enumerable.Range(0, clients).Select(i => $"c{i}").ToList();
        for (var left = count; left > 0 || waiting.Count + done.Count > 0;)
            switch (random.Next(3))
            {
                case 0 when left > 0 && idle.Count > 0:
                    var client = Taken(idle);
                    waiting.Add((client, call(client)));
                    recorder.Invoke(client, waiting[^1].Call);
                    left--;
                    break;
                case 1 when waiting.Count > 0:
                    var (who, what) = Taken(waiting);
                    if (random.NextDouble() < open)
                    {
                        recorder.Info(who);
                        idle.Add(who);
                        if (random.Next(2) == 0) lost.Add((who, what));
                        break;
                    }
                    (state, var result) = model.Step(state, what);
                    done.Add((who, result));
                    break;
                case 2 when lost.Count > 0 && random.Next(4) == 0:
                    state = model.Step(state, Taken(lost).Call).Next;
                    break;
                case 2 when done.Count > 0:
                    var (answered, answer) = Taken(done);
                    recorder.Ok(answered, answer);
                    idle.Add(answered);
                    break;
            }
        return recorder.Operations;

        T Taken<T>(List<T> from)
        {
            var i = random.Next(from.Count);
            var item = from[i];
            from.RemoveAt(i);
            return item;
        }
    }

    /// <summary>The history, but one answer is that of another operation of the kind.</summary>
    public static IReadOnlyList<Operation<TCall, TResult>> WithAWrongAnswer<TCall, TResult>(
        IReadOnlyList<Operation<TCall, TResult>> history, Func<Operation<TCall, TResult>, bool> isRead, Random random)
    {
        var reads = history.Where(o => !o.IsOpen && isRead(o)).ToList();
        if (reads.Count < 2) return history;
        var (changed, other) = (reads[random.Next(reads.Count)], reads[random.Next(reads.Count)]);
        return [.. history.Select(o => ReferenceEquals(o, changed) ? o with { Result = other.Result } : o)];
    }
}
