using System.Diagnostics;

namespace AkkaPaxos.Cli;

/// <summary>Callers each of whom sends the next operation when the last one is answered.</summary>
internal static class ClosedLoop
{
    /// <summary>What came of it.</summary>
    /// <param name="Latencies">Of the operations that were answered.</param>
    /// <param name="Errors">How many were not.</param>
    /// <param name="FirstError">What the first of those said, in one line.</param>
    /// <param name="Took">From the start to the last answer.</param>
    public sealed record Outcome(Latencies Latencies, long Errors, string? FirstError, TimeSpan Took);

    /// <summary>Runs them.</summary>
    /// <param name="clients">How many callers.</param>
    /// <param name="keys">How many keys; each operation is on one of them, at random.</param>
    /// <param name="seconds">How long; what is under way at the end is waited for.</param>
    /// <param name="operation">The operation of a caller, from 0, on a key, from 0.</param>
    /// <param name="cancel">Ends it with an exception.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static async Task<Outcome> Run(
        int clients, int keys, double seconds, Func<int, int, CancellationToken, Task> operation, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var clock = Stopwatch.StartNew();
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        // An operation under way at the end is waited for, but not for ever.
        stop.CancelAfter(TimeSpan.FromSeconds(seconds + 10));
        var errors = 0L;
        string? firstError = null;
        var loops = Enumerable.Range(0, clients).Select(i => Task.Run(async () =>
        {
            var (mine, random) = (new Latencies(), new Random(i));
            for (var from = Stopwatch.GetTimestamp(); from < end; from = Stopwatch.GetTimestamp())
            {
                try
                {
                    await operation(i, random.Next(keys), stop.Token);
                    mine.Add(Stopwatch.GetElapsedTime(from));
                }
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    Interlocked.Increment(ref errors);
                    Interlocked.CompareExchange(ref firstError, Program.OneLine(e.Message), null);
                    await Task.Delay(20, CancellationToken.None); // who was refused at once does not take the processor from those that work
                }
            }
            return mine;
        })).ToList();
        var all = new Latencies();
        foreach (var latencies in await Task.WhenAll(loops)) all.Add(latencies);
        return new Outcome(all, errors, firstError, clock.Elapsed);
    }
}
