using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.Cli;

/// <summary>
/// Node processes on this machine, on free ports of the loopback address or of hosts of one's own: what <c>akkapaxos cluster</c> and
/// <c>akkapaxos demo</c> start, and what the tests with real processes break. Disposing it kills what still runs; <see cref="Abandon"/> leaves it.
/// </summary>
public sealed class LocalCluster : IDisposable
{
    /// <summary>The settings of <c>hocon/fast.conf</c>.</summary>
    public static IReadOnlyList<string> Fast { get; } = ["akkapaxos.links=direct", "akkapaxos.journal=log"];

    private const int FirstPort = 20_000;
    private const int FirstOutgoingPort = 32_768; // Linux's; others' are higher
    private const int MostTries = 10_000;

    private readonly string _directory;
    private readonly string[] _settings;
    private bool _abandoned;

    /// <summary>Writes the nodes' files below <paramref name="directory"/>; starts nothing yet.</summary>
    /// <param name="size">How many nodes.</param>
    /// <param name="directory">Each node gets a folder in it, for its configuration, data and log; what is there from before is deleted.</param>
    /// <param name="settings">HOCON overrides for every node, <c>key=value</c> each.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public LocalCluster(int size, string directory, params string[] settings)
        : this([.. Enumerable.Repeat(LocalHost.Loopback, size)], directory, settings)
    {
    }

    /// <summary>
    /// Writes the nodes' files below <paramref name="directory"/>, a node for each of <paramref name="hosts"/>; starts nothing yet.
    /// </summary>
    /// <param name="hosts">Where each node runs, node 1 first.</param>
    /// <param name="directory">Each node gets a folder in it, for its configuration, data and log; what is there from before is deleted.</param>
    /// <param name="settings">HOCON overrides for every node, <c>key=value</c> each.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public LocalCluster(IReadOnlyList<LocalHost> hosts, string directory, params string[] settings)
    {
        _directory = Path.GetFullPath(directory);
        _settings = settings;
        var ports = FreePorts(hosts.Count * 2);
        Nodes =
        [
            .. hosts.Select((host, i) => new LocalNode(i + 1, host, ports[i * 2], ports[(i * 2) + 1], Path.Combine(_directory, $"node{i + 1}"))),
        ];
        foreach (var node in Nodes)
        {
            if (Directory.Exists(node.Folder)) Directory.Delete(node.Folder, recursive: true);
            Directory.CreateDirectory(node.Folder);
            File.WriteAllText(node.ConfigFile, $$"""
                akkapaxos {
                  node-id = {{node.Id}}
                  members = [
                {{string.Join('\n', Nodes.Select(n => $"    {{ id = {n.Id}, address = \"{n.Address}\" }}"))}}
                  ]
                  data-directory = {{HoconText.Quote(Path.Combine(node.Folder, "data"))}}
                  gateway { host = "{{node.Host.Address}}", port = {{node.HttpPort}} }
                }

                """);
        }
    }

    /// <summary>
    /// Where the nodes' program is: the environment variable AKKAPAXOS_PROGRAM, with which scripts/test and scripts/bench name the one that was
    /// compiled ahead, otherwise beside this assembly. Nodes that are started from now on run it.
    /// </summary>
    internal string ProgramFolder { get; set; } =
        Environment.GetEnvironmentVariable("AKKAPAXOS_PROGRAM") is { Length: > 0 } named ? named : AppContext.BaseDirectory;

    /// <summary>The nodes, by id from 1.</summary>
    public IReadOnlyList<LocalNode> Nodes { get; }

    /// <summary>All HTTP endpoints, <c>host:port</c> each, with commas between: what <c>--endpoints</c> takes.</summary>
    public string Endpoints => string.Join(',', Nodes.Select(n => n.Endpoint));

    /// <summary>Starts a node's process, which goes on writing to its log.</summary>
    public void Start(LocalNode node)
    {
        // The shell opens the log and becomes the node: so the node needs nobody to read its output, and may outlive this process.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        string[] program = ["dotnet", Path.Combine(ProgramFolder, "AkkaPaxos.Cli.dll"), "node", "--config", node.ConfigFile];
        foreach (var argument in (string[])["-c", "exec \"$@\" >>\"$NODE_LOG\" 2>&1 </dev/null", "sh", .. node.Host.CommandPrefix, .. program])
            start.ArgumentList.Add(argument);
        foreach (var setting in _settings)
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add(setting);
        }
        start.Environment["NODE_LOG"] = node.LogFile;
        start.Environment.TryAdd("DOTNET_GCgen0size", "4000000"); // as scripts/akkapaxos does, and says why
        node.Process = Process.Start(start) ?? throw new IOException("/bin/sh did not start");
    }

    /// <summary>Starts every node.</summary>
    public void StartAll()
    {
        foreach (var node in Nodes) Start(node);
    }

    /// <summary>Ends a node's process with SIGKILL, and waits until it is gone.</summary>
    public static void Kill(LocalNode node)
    {
        node.Process?.Kill();
        node.Process?.WaitForExit();
    }

    /// <summary>Asks every running node to leave (SIGTERM), and kills what is still there after <paramref name="patience"/>.</summary>
    public void StopAll(TimeSpan patience) => Stop(Nodes, patience);

    /// <summary>Asks a node to leave (SIGTERM), and kills it where it is still there after <paramref name="patience"/>.</summary>
    public static void Stop(LocalNode node, TimeSpan patience) => Stop([node], patience);

    private static void Stop(IReadOnlyList<LocalNode> nodes, TimeSpan patience)
    {
        var running = nodes.Select(n => n.Process).OfType<Process>().Where(p => !p.HasExited).ToList();
        foreach (var process in running) Process.Start("kill", ["-TERM", process.Id.ToString()])?.WaitForExit();
        var deadline = DateTime.UtcNow + patience;
        foreach (var process in running)
        {
            var left = deadline - DateTime.UtcNow;
            if (!process.WaitForExit(left > TimeSpan.Zero ? left : TimeSpan.Zero)) process.Kill();
            process.WaitForExit();
        }
    }

    /// <summary>
    /// The node that every running node takes for the active leader; waits until they agree on one that runs.
    /// </summary>
    /// <exception cref="TimeoutException">They did not in time; the message holds what each said last.</exception>
    public async Task<LocalNode> WaitForLeader(TimeSpan patience, CancellationToken cancel = default)
    {
        var said = "nothing";
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < patience)
        {
            var running = Nodes.Where(n => n.IsRunning).ToList();
            // 137: SIGKILL, by Kill.
            foreach (var dead in Nodes.Where(n => n.Process is { HasExited: true, ExitCode: not 137 }))
                throw new InvalidOperationException($"node {dead.Id} ended: {dead.LastLogLine()}");
            var status = await Task.WhenAll(running.Select(n => n.Status(cancel)));
            var leaders = status.Select(s => s?.Leader ?? 0).Distinct().ToList();
            if (leaders is [> 0 and var leader] && running.Any(n => n.Id == leader)) return Nodes[leader - 1];
            said = string.Join("; ", running.Zip(status, (n, s) => $"node {n.Id}: {s?.ToString() ?? "no answer"}"));
            await Task.Delay(50, cancel);
        }
        throw new TimeoutException($"no leader after {patience.TotalSeconds:0} s ({said}); logs are in {_directory}");
    }

    /// <summary>Waits until all nodes have executed the same slots and hold the same state.</summary>
    /// <exception cref="TimeoutException">They did not in time; the message holds what each said last.</exception>
    public async Task<LocalStatus> WaitForAgreement(TimeSpan patience, CancellationToken cancel = default)
    {
        var said = "nothing";
        var deadline = Stopwatch.StartNew();
        while (deadline.Elapsed < patience)
        {
            var status = await Task.WhenAll(Nodes.Select(n => n.Status(cancel)));
            if (status[0] is { } first && status.All(s => s is not null && s.SlotOut == first.SlotOut && s.Checksum == first.Checksum)) return first;
            said = string.Join("; ", Nodes.Zip(status, (n, s) => $"node {n.Id}: {s?.ToString() ?? "no answer"}"));
            await Task.Delay(50, cancel);
        }
        throw new TimeoutException($"the nodes do not agree after {patience.TotalSeconds:0} s ({said}); logs are in {_directory}");
    }

    /// <summary>Leaves the processes running when this object goes.</summary>
    public void Abandon() => _abandoned = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var node in Nodes)
        {
            if (!_abandoned && node.IsRunning) Kill(node);
            node.Dispose();
        }
    }

    /// <summary>
    /// Ports of the loopback address that nobody listens on now. None is of those that systems give to outgoing connections: one of these could have a node's port
    /// when that node is started again.
    /// </summary>
    internal static int[] FreePorts(int count)
    {
        // All are bound at once, so that no two are the same.
        var listeners = new List<TcpListener>();
        try
        {
            for (var tried = 0; listeners.Count < count; tried++)
            {
                var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(FirstPort, FirstOutgoingPort));
                try
                {
                    listener.Start();
                    listeners.Add(listener);
                }
                catch (SocketException) when (tried < MostTries)
                {
                    listener.Dispose(); // it is taken
                }
            }
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }
}

/// <summary>Where a node of a <see cref="LocalCluster"/> runs: on this machine, maybe in a network namespace of its own.</summary>
/// <param name="Address">The IP address that it listens on, and that the others and this process reach it at.</param>
/// <param name="CommandPrefix">
/// What its command line begins with, such as <c>ip netns exec NAME</c>. It must become the node by exec, so that a signal to it is one to the node.
/// </param>
public sealed record LocalHost(string Address, IReadOnlyList<string> CommandPrefix)
{
    /// <summary>127.0.0.1, without a prefix.</summary>
    public static LocalHost Loopback { get; } = new("127.0.0.1", []);
}

/// <summary>What <see cref="LocalCluster"/> reads of a node's <c>/status</c>.</summary>
/// <param name="Leader">The node whose leader is active, 0 where none is known.</param>
/// <param name="SlotOut">The lowest slot that is not executed.</param>
/// <param name="Checksum">The state's checksum.</param>
public sealed record LocalStatus(int Leader, long SlotOut, string Checksum);

/// <summary>One node of a <see cref="LocalCluster"/>.</summary>
public sealed class LocalNode : IDisposable
{
    internal LocalNode(int id, LocalHost host, int akkaPort, int httpPort, string folder)
    {
        (Id, Host, AkkaPort, HttpPort, Folder) = (id, host, akkaPort, httpPort, folder);
        // What a proxy stands before is never on this machine.
        var direct = new SocketsHttpHandler { UseProxy = false };
        Http = new HttpClient(direct) { BaseAddress = new Uri($"http://{Endpoint}"), Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>The node's number.</summary>
    public int Id { get; }

    /// <summary>Where it runs.</summary>
    public LocalHost Host { get; }

    /// <summary>The port that remoting listens on.</summary>
    public int AkkaPort { get; }

    /// <summary>The port that the gateway listens on.</summary>
    public int HttpPort { get; }

    /// <summary>The actor system's address.</summary>
    public string Address => $"akka.tcp://akkapaxos@{Host.Address}:{AkkaPort}";

    /// <summary>The gateway as <c>host:port</c>.</summary>
    public string Endpoint => $"{Host.Address}:{HttpPort}";

    /// <summary>A client for the gateway.</summary>
    public HttpClient Http { get; }

    /// <summary>The folder of configuration, data and log.</summary>
    public string Folder { get; }

    /// <summary>The node's HOCON file.</summary>
    public string ConfigFile => Path.Combine(Folder, "node.conf");

    /// <summary>What the node prints.</summary>
    public string LogFile => Path.Combine(Folder, "node.log");

    /// <summary>The last process started for it, if any.</summary>
    public Process? Process { get; internal set; }

    /// <summary>Whether a process runs.</summary>
    public bool IsRunning => Process is { HasExited: false };

    /// <summary>What the node says of itself, or null where it does not answer.</summary>
    public async Task<LocalStatus?> Status(CancellationToken cancel = default)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(2));
            using var json = JsonDocument.Parse(await Http.GetStringAsync("/status", patience.Token));
            var root = json.RootElement;
            return new LocalStatus(
                root.GetProperty("leader").GetInt32(), root.GetProperty("slotOut").GetInt64(), root.GetProperty("checksum").ToString());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The end of the log: why a node that ended did.</summary>
    public string LastLogLine() => File.Exists(LogFile) ? File.ReadLines(LogFile).LastOrDefault(l => l.Length > 0) ?? "no output" : "no output";

    /// <inheritdoc/>
    public void Dispose()
    {
        Http.Dispose();
        Process?.Dispose();
    }
}
