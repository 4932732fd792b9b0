using System.Collections.Concurrent;
using System.Diagnostics;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>For how long this process, where a thread only sleeps, was not let run: what a loaded machine adds to whatever is measured.</summary>
internal sealed class Standstill : IDisposable
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(10);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<(TimeSpan At, TimeSpan Late)> _lateness = new();
    private readonly Thread _sleeper;
    private volatile bool _isOver;

    public Standstill()
    {
        _sleeper = new Thread(Sleep) { IsBackground = true };
        _sleeper.Start();
    }

    /// <summary>The time since it began.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>For how long since a time.</summary>
    public TimeSpan Since(TimeSpan time) => TimeSpan.FromTicks(_lateness.Where(l => l.At >= time).Sum(l => l.Late.Ticks));

    public void Dispose()
    {
        _isOver = true;
        _sleeper.Join();
    }

    private void Sleep()
    {
        while (!_isOver)
        {
            var before = Now;
            Thread.Sleep(Nap);
            if (Now - before - Nap is var late && late > Nap) _lateness.Enqueue((before, late));
        }
    }
}
