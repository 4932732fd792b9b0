using static AkkaPaxos.Cli.Tests.CommandLine;

namespace AkkaPaxos.Cli.Tests;

/// <summary>A base for tests with a node in this process, a cluster of one: its folder, its ports, and its life.</summary>
public abstract class NodeTestBase : IDisposable
{
    private readonly int[] _ports = LocalCluster.FreePorts(2);

    protected string Folder { get; } = Directory.CreateTempSubdirectory("akkapaxos-").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string Endpoint => $"127.0.0.1:{_ports[1]}";

    protected string Address => $"akka.tcp://akkapaxos@127.0.0.1:{_ports[0]}";

    protected string Data => Path.Combine(Folder, "data");

    /// <summary>Writes the node's file.</summary>
    /// <param name="more">What else stands in it.</param>
    protected string Config(string more = "")
    {
        var file = Path.Combine(Folder, "node.conf");
        File.WriteAllText(file, $$"""
            akkapaxos {
              node-id = 1
              members = [{ id = 1, address = "{{Address}}" }]
              data-directory = "{{Data}}"
              gateway.port = {{_ports[1]}}
              trace-slots = 100
            }
            {{more}}

            """);
        return file;
    }

    /// <summary>Why the node does not start: one line, and exit 2.</summary>
    private protected async Task<string> Refusal(params string[] arguments)
    {
        var outcome = await Run(["node", "--config", Config(), .. arguments]);
        Assert.Equal(2, outcome.Code);
        return Assert.Single(outcome.ErrorLines);
    }

    private protected Task WhileNodeRuns(Func<Task> act, params string[] arguments) => WhileNodeRuns(Config(), act, arguments);

    private protected async Task WhileNodeRuns(string config, Func<Task> act, params string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        var (output, error) = (new LineWriter(), new StringWriter());
        var node = Program.Run(["node", "--config", config, .. arguments], new Terminal(Stream.Null, Stream.Null, output, error), stop.Token);
        using var http = new HttpClient();
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (!await IsHealthy() || !output.Lines.Any(l => l.EndsWith("node 1 is ready", StringComparison.Ordinal)))
        {
            Assert.False(node.IsCompleted, error.ToString());
            Assert.True(DateTime.UtcNow < deadline, "the node does not become healthy");
            await Task.Delay(50);
        }
        await act();
        await stop.CancelAsync();
        Assert.Equal(0, await node);
        var log = string.Join('\n', output.Lines);
        foreach (var said in (string[])["node 1 of group default, alone", "durability is ", Address, $"http://{Endpoint}"]) Assert.Contains(said, log);
        Assert.DoesNotContain(" ERROR ", log);
        Assert.Equal("", error.ToString());

        async Task<bool> IsHealthy()
        {
            try
            {
                using var response = await http.GetAsync($"http://{Endpoint}/health");
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
