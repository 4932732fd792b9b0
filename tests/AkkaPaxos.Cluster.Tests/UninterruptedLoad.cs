using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Writers that are to notice nothing, as clients with a list of endpoints: each goes to its own node, and to the next one where nobody listens; whatever else is not an
/// answer is an error, and is kept.
/// </summary>
internal sealed class UninterruptedLoad : IAsyncDisposable
{
    private readonly LocalCluster _cluster;
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<TimeSpan> _acknowledgedAt = new();
    private readonly Task[] _writers;

    /// <summary>Begins, with so many writers at each node.</summary>
    public UninterruptedLoad(LocalCluster cluster, int writersByNode)
    {
        _cluster = cluster;
        _writers = [.. Enumerable.Range(0, writersByNode * cluster.Nodes.Count).Select(w => Task.Run(() => Write(w)))];
    }

    /// <summary>What was no answer: when, of which node, and to what.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <summary>Every write that was acknowledged: key and value.</summary>
    public ConcurrentDictionary<string, string> Acknowledged { get; } = new();

    /// <summary>The time since it began.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>The longest time between two acknowledgements since a time.</summary>
    public TimeSpan LongestGap(TimeSpan since)
    {
        var times = _acknowledgedAt.Where(at => at >= since).Order().Prepend(since).ToList();
        return times.Zip(times.Skip(1), (a, b) => b - a).DefaultIfEmpty().Max();
    }

    /// <summary>Waits until so many more are acknowledged.</summary>
    public async Task WaitForMore(int count, TimeSpan patience)
    {
        var (goal, deadline) = (Acknowledged.Count + count, Now + patience);
        for (; Acknowledged.Count < goal; await Task.Delay(5))
            if (Now > deadline) throw new TimeoutException($"{Acknowledged.Count} of {goal} writes acknowledged after {patience.TotalSeconds:0} s");
    }

    /// <summary>Ends the writers; returns when each has ended its last write.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stop.Dispose();
    }

    private async Task Write(int writer)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            for (var tried = 0; !await Put(_cluster.Nodes[(writer + tried) % _cluster.Nodes.Count], $"w{writer}-{i}", $"v{i}"); tried++)
                if (tried >= _cluster.Nodes.Count) await Task.Delay(5); // nobody listens
        }
    }

    /// <summary>Whether there is no need to ask another node: it was answered, or is an error that has been noted.</summary>
    private async Task<bool> Put(LocalNode node, string key, string value)
    {
        string error;
        try
        {
            using var response = await Kv.Put(node.Http, key, value);
            if (response.IsSuccessStatusCode)
            {
                Acknowledged[key] = value;
                _acknowledgedAt.Enqueue(Now);
                return true;
            }

            error = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return _stop.IsCancellationRequested; // nobody listens there: it never left
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            error = $"{e.Message} {e.InnerException?.Message} {e.InnerException?.InnerException?.Message}".TrimEnd();
        }

        Errors.Enqueue($"{Now.TotalSeconds:0.000} s, node {node.Id}, {key}: {error}");
        return true;
    }
}
