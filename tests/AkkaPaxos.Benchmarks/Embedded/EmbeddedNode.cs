using System.Text.Json;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Benchmarks;

/// <summary>
/// A node in a process of this program, whose callers are in the same process: what a service that embeds consensus has. It does what lines on its standard
/// input ask for, and answers each with a line of JSON.
/// </summary>
internal abstract class EmbeddedNode
{
    private string[] _keys = [];

    /// <summary>Whether this node leads.</summary>
    public abstract Task<bool> Leads(CancellationToken cancel);

    /// <summary>Writes a key of the store, and returns when it is acknowledged.</summary>
    protected abstract Task Put(string key, ReadOnlyMemory<byte> value, CancellationToken cancel);

    /// <summary>Reads a key of the store, linearizably.</summary>
    protected abstract Task Get(string key, CancellationToken cancel);

    /// <summary>Serves until its standard input ends.</summary>
    public async Task Serve(CancellationToken cancel)
    {
        while (await Console.In.ReadLineAsync(cancel) is { } line)
        {
            object answer = line switch
            {
                "leads" => await Leads(cancel),
                "allocated" => GC.GetTotalAllocatedBytes(),
                _ => await Measure(JsonSerializer.Deserialize<Work>(line)!, cancel),
            };
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer));
            await Console.Out.FlushAsync(cancel);
        }
    }

    private async Task<Figures> Measure(Work work, CancellationToken cancel)
    {
        if (_keys.Length != work.Keys)
        {
            _keys = [.. Enumerable.Range(0, work.Keys).Select(i => $"bench-{i:00000000}")];
            if (work.Op == "get") await ClosedLoop.Run(work.Clients, work.Keys, 0.5, (_, key, stop) => Put(_keys[key], new byte[work.ValueSize], stop), cancel);
        }
        var value = new byte[work.ValueSize];
        new Random(1).NextBytes(value);
        Func<int, int, CancellationToken, Task> operation = work.Op == "put"
            ? (_, key, stop) => Put(_keys[key], value, stop)
            : (_, key, stop) => Get(_keys[key], stop);
        if (work.WarmUp > 0) await ClosedLoop.Run(work.Clients, work.Keys, work.WarmUp, operation, cancel);
        return Figures.Of(work, await ClosedLoop.Run(work.Clients, work.Keys, work.Seconds, operation, cancel), null);
    }
}
