using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaPaxos.Cli;
using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Clients that read and write a few keys through all nodes' gateways, each with one call after the other, and record what they ask and are answered.
/// A client whose call has an unknown outcome goes on under a new name, as the call may still be under way.
/// </summary>
/// <remarks>
/// Each open write is one more that the checker has to try at any later time. So the keys are left for fresh ones when a few are open, or after some
/// hundred calls. <see cref="ReadAll"/> comes back to all of them in the end.
/// </remarks>
internal sealed class RecordingClients : IAsyncDisposable
{
    private const int CallsByKeys = 600;
    private const int OpenWritesByKeys = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private readonly LocalCluster _cluster;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _clients;
    private readonly int[] _answered;
    private readonly Lock _lock = new(); // of what is below
    private readonly HistoryRecorder<KvCall, KvResult> _recorder = new();
    private int _names;
    private int _values;
    private int _generation;
    private int _calls;
    private int _openWrites;
    private int _allOpen;

    public RecordingClients(LocalCluster cluster, int clients, int seed)
    {
        _cluster = cluster;
        _answered = new int[cluster.Nodes.Count];
        _clients = [.. Enumerable.Range(0, clients).Select(c => Task.Run(() => Run(c, new Random((seed * 1000) + c))))];
    }

    /// <summary>What has been recorded.</summary>
    public IReadOnlyList<Operation<KvCall, KvResult>> History
    {
        get
        {
            lock (_lock) return _recorder.Operations;
        }
    }

    /// <summary>How many calls had an unknown outcome.</summary>
    public int Open
    {
        get
        {
            lock (_lock) return _allOpen;
        }
    }

    /// <summary>
    /// What is recorded in place of an answer, given the client's name, the call and the answer. A test that sets it wants to see the lie found out.
    /// </summary>
    public Func<string, KvCall, KvResult, KvResult> Falsify { get; init; } = (_, _, result) => result;

    /// <summary>Waits until <paramref name="count"/> more calls are answered.</summary>
    /// <param name="count">How many.</param>
    /// <param name="patience">For how long.</param>
    /// <param name="through">The nodes whose answers count; none: all.</param>
    /// <exception cref="TimeoutException">They were not in time.</exception>
    public async Task WaitForMore(int count, TimeSpan patience, params IReadOnlyCollection<LocalNode> through)
    {
        int Answered() => (through.Count > 0 ? through : _cluster.Nodes).Sum(n => Volatile.Read(ref _answered[n.Id - 1]));
        var goal = Answered() + count;
        var waited = Stopwatch.StartNew();
        while (Answered() < goal)
        {
            if (_clients.FirstOrDefault(c => c.IsFaulted) is { } failed) await failed;
            if (waited.Elapsed > patience) throw new TimeoutException($"{Answered()} of {goal} calls answered after {patience.TotalSeconds:0} s");
            await Task.Delay(5);
        }
    }

    /// <summary>Ends the clients; returns when each has ended its last call.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>Reads every key that was ever written, through each node, as part of the history.</summary>
    /// <exception cref="TimeoutException">A node does not answer.</exception>
    public Task ReadAll(TimeSpan patience) => Task.WhenAll(_cluster.Nodes.Select(async node =>
    {
        var name = NewName();
        var waited = Stopwatch.StartNew();
        foreach (var key in Enumerable.Range(0, _generation + 1).SelectMany(Keys))
            while (await Record(name, node, new KvGet(key)) is not { Outcome: Outcome.Ok })
                if (waited.Elapsed > patience) throw new TimeoutException($"node {node.Id} does not answer a read of {key}");
    }));

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stop.Dispose();
    }

    private static string[] Keys(int generation) => [.. "abcde".Select(letter => $"{letter}{generation}")];

    private async Task Run(int client, Random random)
    {
        // Most of the time one's own node, so that a node that is cut off keeps few clients waiting; another when that one fails.
        var home = _cluster.Nodes[client % _cluster.Nodes.Count];
        var name = NewName();
        var node = home;
        // The client's own idea of the values: without one that is right, no comparison would ever hold.
        var known = new Dictionary<string, string?>();
        while (!_stop.IsCancellationRequested)
        {
            var call = Next(random, known);
            var (outcome, result) = await Record(name, node, call);
            if (outcome == Outcome.Ok) Learn(known, call, result!);
            if (outcome == Outcome.Unknown) name = NewName();
            if (outcome != Outcome.Ok || random.Next(10) == 0) node = outcome == Outcome.Ok ? home : Other(node, random);
            await Task.Delay(outcome == Outcome.Ok ? Pause : PauseAfterFailure);
        }
    }

    private LocalNode Other(LocalNode than, Random random) =>
        _cluster.Nodes.Where(n => n != than).ElementAtOrDefault(random.Next(_cluster.Nodes.Count - 1)) ?? than;

    /// <summary>
    /// A call on the present keys: single ones on all of them, transactions on the last two only, so that the others are checked apart.
    /// </summary>
    private KvCall Next(Random random, Dictionary<string, string?> known)
    {
        string[] keys;
        string value;
        lock (_lock)
        {
            if (++_calls > CallsByKeys || _openWrites >= OpenWritesByKeys) (_generation, _calls, _openWrites) = (_generation + 1, 0, 0);
            keys = Keys(_generation);
            value = $"{++_values}";
        }
        var (key, one, other) = (keys[random.Next(keys.Length)], keys[^2], keys[^1]);
        return random.Next(100) switch
        {
            < 35 => new KvGet(key),
            < 55 => new KvPut(key, value),
            < 72 => new KvCompareAndSet(key, known.GetValueOrDefault(key), value),
            < 80 => new KvDelete(key),
            < 87 => new KvTransaction([], [new KvGet(one), new KvGet(other)], []),
            < 94 => new KvTransaction([], [new KvPut(one, value), new KvGet(other), new KvPut(other, value)], []),
            _ => new KvTransaction(
                [new KvCompare(one, KvComparison.Equal, known.GetValueOrDefault(one))],
                [new KvPut(other, value), new KvDelete(one)],
                [new KvGet(one), new KvPut(one, value)]),
        };
    }

    private static void Learn(Dictionary<string, string?> known, KvCall call, KvResult result)
    {
        switch (call, result)
        {
            case (KvGet get, KvValue value): known[get.Key] = value.Value; break;
            case (KvPut put, _): known[put.Key] = put.Value; break;
            case (KvDelete delete, _): known[delete.Key] = null; break;
            case (KvCompareAndSet cas, KvCompared { Succeeded: true }): known[cas.Key] = cas.Value; break;
            case (KvTransaction txn, KvTransacted transacted):
                foreach (var (part, answer) in (transacted.Succeeded ? txn.Success : txn.Failure).Zip(transacted.Results)) Learn(known, part, answer);
                break;
        }
    }

    private async Task<(Outcome Outcome, KvResult? Result)> Record(string name, LocalNode node, KvCall call)
    {
        lock (_lock) _recorder.Invoke(name, call);
        var (outcome, result) = await GatewayCalls.Ask(node.Http, call);
        lock (_lock)
            switch (outcome)
            {
                case Outcome.Ok: _recorder.Ok(name, result = Falsify(name, call, result!)); break;
                case Outcome.NotSent: _recorder.Fail(name); break;
                default:
                    _recorder.Info(name);
                    _allOpen++;
                    if (call is not KvGet) _openWrites++;
                    break;
            }
        if (outcome == Outcome.Ok) Interlocked.Increment(ref _answered[node.Id - 1]);
        return (outcome, result);
    }

    private string NewName() => $"c{Interlocked.Increment(ref _names)}";
}
