using System.Diagnostics;
using AkkaPaxos.Cli;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>What takes part in a comparison.</summary>
/// <param name="Name">As <c>--only</c> takes it.</param>
/// <param name="Missing">Null, or in one line why it cannot be run here and what to install.</param>
/// <param name="Create">A new cluster of it, not started.</param>
internal sealed record Entry(string Name, string? Missing, Func<Contender> Create);

/// <summary>
/// A cluster that is measured. It is started anew for each round, on empty folders, and is the only one that runs then: an idle one would take some
/// of the processor, and one that is stopped (SIGSTOP) would elect a leader when it goes on, which is not what a round is to measure.
/// </summary>
internal abstract class Contender : IAsyncDisposable
{
    private readonly List<Process> _processes = [];

    /// <summary>What of it is durable when a write is acknowledged, and how that is known.</summary>
    public string Durability { get; protected set; } = "";

    /// <summary>Whose allocations <see cref="Figures.AllocatedBytes"/> has.</summary>
    public virtual string Allocations => "client";

    /// <summary>The nodes' processes.</summary>
    public IReadOnlyList<Process> Processes => _processes;

    /// <summary>Starts it and returns when it has taken a write.</summary>
    /// <param name="folder">An empty folder for data and logs.</param>
    /// <param name="nodes">How many nodes.</param>
    public abstract Task Start(string folder, int nodes, CancellationToken cancel);

    /// <summary>Warms up and measures.</summary>
    public abstract Task<Figures> Measure(Work work, CancellationToken cancel);

    /// <summary>How often it synced while it was measured, where it tells.</summary>
    public string? Evidence { get; protected set; }

    /// <summary>Finds out <see cref="Evidence"/>.</summary>
    public virtual Task Look(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Ends the leader with SIGKILL under the load of 16 writers, and tells how long none of them was answered; null where that is not measured.</summary>
    public virtual Task<TimeSpan?> LongestGap(Work work, CancellationToken cancel) => Task.FromResult<TimeSpan?>(null);

    /// <summary>A process that goes when this contender does, or when the program does.</summary>
    protected Process Own(Process process)
    {
        Started.Add(process);
        _processes.Add(process);
        return process;
    }

    /// <summary>The share of a core that a node takes while nobody asks for anything: the mean of the nodes.</summary>
    public async Task<double> IdleShare(TimeSpan length, CancellationToken cancel)
    {
        var before = Cpu();
        var clock = Stopwatch.StartNew();
        await Task.Delay(length, cancel);
        return (Cpu() - before) / clock.Elapsed / _processes.Count;

        TimeSpan Cpu() => _processes.Aggregate(TimeSpan.Zero, (sum, p) =>
        {
            p.Refresh();
            return sum + p.TotalProcessorTime;
        });
    }

    public virtual ValueTask DisposeAsync()
    {
        foreach (var process in _processes) Started.Kill(process);
        _processes.Clear();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A contender whose clients run in this process.</summary>
internal abstract class ClientContender : Contender
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private ByteString[] _keys = [];
    private int _filled;

    /// <summary>Writes a key, as a caller.</summary>
    protected abstract Task Put(int client, ByteString key, ByteString value, CancellationToken cancel);

    /// <summary>Reads a key, linearizably.</summary>
    protected abstract Task Get(int client, ByteString key, CancellationToken cancel);

    /// <summary>Makes ready for so many callers.</summary>
    protected virtual Task Connect(int clients, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Bytes that the nodes have allocated, where they tell.</summary>
    protected virtual Task<long> AllocatedByNodes(CancellationToken cancel) => Task.FromResult(0L);

    /// <summary>Makes keys that a Put needs before it.</summary>
    protected virtual Task Create(IReadOnlyList<ByteString> keys, CancellationToken cancel) => Task.CompletedTask;

    /// <inheritdoc/>
    public override async Task<Figures> Measure(Work work, CancellationToken cancel)
    {
        var operation = await Prepare(work, cancel);
        if (work.WarmUp > 0) await ClosedLoop.Run(work.Clients, work.Keys, work.WarmUp, operation, cancel);
        var before = GC.GetTotalAllocatedBytes() + await AllocatedByNodes(cancel);
        var run = await ClosedLoop.Run(work.Clients, work.Keys, work.Seconds, operation, cancel);
        return Figures.Of(work, run, GC.GetTotalAllocatedBytes() + await AllocatedByNodes(cancel) - before);
    }

    /// <inheritdoc/>
    public override async Task<TimeSpan?> LongestGap(Work work, CancellationToken cancel)
    {
        var operation = await Prepare(work, cancel);
        var (gate, last, longest) = (new Lock(), TimeSpan.Zero, TimeSpan.Zero);
        var clock = Stopwatch.StartNew();
        var writing = ClosedLoop.Run(work.Clients, work.Keys, work.Seconds, async (client, key, stop) =>
        {
            // What a lost leader owes is not waited for.
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(stop);
            soon.CancelAfter(CallPatience);
            await operation(client, key, soon.Token);
            lock (gate)
            {
                var now = clock.Elapsed;
                if (last > TimeSpan.Zero && now - last > longest) longest = now - last;
                last = now;
            }
        }, cancel);
        await Task.Delay(TimeSpan.FromSeconds(1), cancel);
        await KillLeader(cancel);
        await writing;
        lock (gate) return Max(longest, clock.Elapsed - last);
    }

    /// <summary>After how long a call that is not answered is made anew, at another node, while leaders are killed; the client's own ways where it has such.</summary>
    protected virtual TimeSpan CallPatience => Timeout.InfiniteTimeSpan;

    /// <summary>Ends the leader's process.</summary>
    protected abstract Task KillLeader(CancellationToken cancel);

    /// <summary>Tries something until it works: a cluster that has just started refuses for a while.</summary>
    protected static async Task UntilDone(string what, Func<CancellationToken, Task> attempt, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                soon.CancelAfter(TimeSpan.FromSeconds(2));
                await attempt(soon.Token);
                return;
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                if (clock.Elapsed > Patience) throw new TimeoutException($"{what} within {Patience.TotalSeconds:0} s: {e.Message}");
                await Task.Delay(50, cancel);
            }
        }
    }

    private async Task<Func<int, int, CancellationToken, Task>> Prepare(Work work, CancellationToken cancel)
    {
        await Connect(work.Clients, cancel);
        if (_keys.Length != work.Keys)
        {
            _keys = [.. Enumerable.Range(0, work.Keys).Select(i => ByteString.CopyFromUtf8($"bench-{i:00000000}"))];
            await Create(_keys, cancel);
        }
        var bytes = new byte[work.ValueSize];
        new Random(1).NextBytes(bytes);
        var value = UnsafeByteOperations.UnsafeWrap(bytes);
        if (work.Op == "put") return (client, key, stop) => Put(client, _keys[key], value, stop);
        if (_filled != work.Keys)
        {
            // Callers as many as the measurement's: more need not be connected.
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, work.Clients).Select(client => Task.Run(async () =>
            {
                for (int key; (key = Interlocked.Increment(ref next)) < work.Keys;) await Put(client, _keys[key], value, cancel);
            }, cancel)));
            _filled = work.Keys;
        }
        return (client, key, stop) => Get(client, _keys[key], stop);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
