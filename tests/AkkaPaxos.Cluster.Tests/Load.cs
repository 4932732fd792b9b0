using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// Writers that put ever new keys through all nodes' gateways, one after the other each, and note when which write was acknowledged.
/// A try that fails goes on at the next node with the same key and value.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly LocalCluster _cluster;
    private readonly LocalNode? _only;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _writers;
    private readonly Standstill _standstill = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<TimeSpan> _acknowledgedAt = new();

    /// <summary>Begins.</summary>
    /// <param name="cluster">Whose nodes are written to.</param>
    /// <param name="writers">So many writers at once.</param>
    /// <param name="only">The node that all of them write through; null: each goes to the next one when a try fails.</param>
    public Load(LocalCluster cluster, int writers, LocalNode? only = null)
    {
        (_cluster, _only) = (cluster, only);
        _writers = [.. Enumerable.Range(0, writers).Select(w => Task.Run(() => Write(w)))];
    }

    /// <summary>Every write that was acknowledged: key and value.</summary>
    public ConcurrentDictionary<string, string> Acknowledged { get; } = new();

    /// <summary>The time since the load began.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Waits until <paramref name="count"/> more writes are acknowledged.</summary>
    public async Task WaitForMore(int count, TimeSpan patience)
    {
        var goal = Acknowledged.Count + count;
        var deadline = Now + patience;
        while (Acknowledged.Count < goal)
        {
            if (Now > deadline) throw new TimeoutException($"{Acknowledged.Count} of {goal} writes acknowledged after {patience.TotalSeconds:0} s");
            await Task.Delay(5);
        }
    }

    /// <summary>The longest time between two acknowledgements since <paramref name="since"/>.</summary>
    public TimeSpan LongestStall(TimeSpan since)
    {
        var longest = TimeSpan.Zero;
        var last = since;
        foreach (var at in _acknowledgedAt.Where(at => at >= since).Order())
        {
            if (at - last > longest) longest = at - last;
            last = at;
        }
        return longest;
    }

    /// <summary>
    /// For how long since <paramref name="since"/> this process, which only slept, was not let run: what a loaded machine adds to any stall.
    /// </summary>
    public TimeSpan Standstill(TimeSpan since) => _standstill.Since(since);

    /// <summary>Ends the writers; returns when each has ended its last write.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
        _standstill.Dispose();
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
            var (key, value) = ($"{(_only is null ? "" : $"n{_only.Id}-")}w{writer}-{i}", $"v{i}");
            for (var attempt = 0; !_stop.IsCancellationRequested; attempt++)
            {
                if (!await Kv.TryPut((_only ?? _cluster.Nodes[(writer + attempt) % _cluster.Nodes.Count]).Http, key, value)) continue;
                Acknowledged[key] = value;
                _acknowledgedAt.Enqueue(Now);
                break;
            }
        }
    }
}

/// <summary>Puts and gets through a node's gateway, given a client whose base address it is.</summary>
internal static class Kv
{
    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static Task<HttpResponseMessage> Put(HttpClient node, string key, string value) =>
        node.PostAsJsonAsync("/v3/kv/put", new { key = Base64(key), value = Base64(value) });

    public static async Task<bool> TryPut(HttpClient node, string key, string value)
    {
        try
        {
            using var response = await Put(node, key, value);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Task.Delay(5);
            return false;
        }
    }

    public static async Task<string?> Get(HttpClient node, string key)
    {
        using var response = await node.PostAsJsonAsync("/v3/kv/range", new { key = Base64(key) });
        response.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        return json.RootElement.TryGetProperty("kvs", out var kvs) ? Encoding.UTF8.GetString(kvs[0].GetProperty("value").GetBytesFromBase64()) : null;
    }

    /// <summary>
    /// Reads every one of <paramref name="written"/> through <paramref name="node"/>, and returns those that are not as written. A node that finds itself in an Akka
    /// cluster of its own starts its actor system again, and closes its connections: so a question without an answer is asked again.
    /// </summary>
    public static async Task<IReadOnlyCollection<string>> Missing(HttpClient node, IEnumerable<KeyValuePair<string, string>> written)
    {
        var missing = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(written, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (pair, _) =>
        {
            var read = await Answered(() => Get(node, pair.Key));
            if (read != pair.Value) missing.Add($"{pair.Key}: \"{read}\" instead of \"{pair.Value}\"");
        });
        return missing;

        static async Task<string?> Answered(Func<Task<string?>> get)
        {
            for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
            {
                try
                {
                    return await get();
                }
                catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromSeconds(60))
                {
                    // Asked again.
                }
            }
        }
    }
}
