using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Cluster.Tests;

public sealed class BadInputTests : RealProcesses
{
    private const string Minimal = """
        akkapaxos {
          node-id = 1
          members = [{ id = 1, address = "akka.tcp://akkapaxos@127.0.0.1:AKKA" }]
          data-directory = "DATA"
          gateway.port = HTTP
        }
        """;

    [Theory]
    [InlineData("akkapaxos {\n  node-id = 1\n  members = [\n}\n", "bad.conf:4:")]
    [InlineData("akkapaxos { node-id = ${nowhere} }", "nowhere")]
    [InlineData("akkapaxos { node-id = 7 }", "akkapaxos.members")]
    [InlineData("include required(file(\"missing.conf\"))", "missing.conf")]
    public async Task Configuration_that_makes_no_sense_is_one_line_and_exit_2(string hocon, string names)
    {
        var (code, error) = await Node(hocon);
        Assert.Equal(2, code);
        Assert.Contains(names, Assert.Single(error));
    }

    [Fact]
    public async Task An_unknown_role_is_one_line_and_exit_2()
    {
        var (code, error) = await Node(Config() + "\nakkapaxos.roles = [acceptor, oracle]");
        Assert.Equal(2, code);
        Assert.Contains("oracle", Assert.Single(error));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_one_line_and_exit_2()
    {
        var (code, error) = await Run("node", "--config", Path.Combine(Folder, "none.conf"));
        Assert.Equal(2, code);
        Assert.Contains("none.conf", Assert.Single(error));
    }

    [Theory]
    [InlineData("AKKA")]
    [InlineData("HTTP")]
    public async Task A_port_in_use_is_one_line_and_exit_2(string which)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();
        var (code, error) = await Node(Config().Replace(which == "AKKA" ? Port(Config(), "127.0.0.1:") : Port(Config(), "port = "), port));
        Assert.Equal(2, code);
        Assert.Contains(port, Assert.Single(error));
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_is_one_line_and_exit_2()
    {
        // A file where the folder should be: not even root gets past it.
        var file = Path.Combine(Folder, "file");
        await File.WriteAllTextAsync(file, "");
        var (code, error) = await Node(Config(Path.Combine(file, "data")));
        Assert.Equal(2, code);
        Assert.Contains(file, Assert.Single(error));
    }

    [Fact]
    public async Task A_second_node_with_an_id_in_use_is_refused_and_ends_with_exit_2()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        await cluster.WaitForLeader(Patience);
        var own = Config(Path.Combine(Folder, "second"));
        var address = $"127.0.0.1:{Port(own, "127.0.0.1:")}";
        var others = string.Join('\n', cluster.Nodes.Skip(1).Select(n => $"{{ id = {n.Id}, address = \"{n.Address}\" }}"));
        var (code, error) = await Node(own.Replace("members = [", $"members = [\n{others}\n"));
        Assert.Equal(2, code);
        var line = Assert.Single(error);
        Assert.Contains(address, line);
        Assert.Contains(cluster.Nodes[0].Address, line);

        // Nothing else is affected.
        Assert.True(await Kv.TryPut(cluster.Nodes[0].Http, "after", "1"));
    }

    [Fact]
    public async Task Garbage_on_the_remoting_port_affects_nothing_else()
    {
        using var cluster = Cluster(3);
        cluster.StartAll();
        var leader = await cluster.WaitForLeader(Patience);
        Assert.True(await Kv.TryPut(leader.Http, "before", "1"));
        await RemotingGarbage.SendAll(leader.AkkaPort, Patience);
        Assert.True(await Kv.TryPut(leader.Http, "after", "1"));
        Assert.Equal(leader, await cluster.WaitForLeader(Patience));
        Assert.DoesNotContain("   at ", await File.ReadAllTextAsync(leader.LogFile));
    }

    [FactWhereMountIsPermitted]
    public async Task An_acceptor_whose_disk_is_full_acknowledges_nothing_and_says_why()
    {
        var disk = Directory.CreateDirectory(Path.Combine(Folder, "disk")).FullName;
        Assert.Equal(0, Shell($"mount -t tmpfs -o size=1m none {disk}"));
        try
        {
            var config = Config(disk) + "\nakkapaxos.gateway.request-timeout = 2s";
            await File.WriteAllTextAsync(Path.Combine(Folder, "full.conf"), config);
            var log = Path.Combine(Folder, "full.log");
            using var node = Process.Start("/bin/sh", ["-c", $"exec dotnet {Dll} node --config {Folder}/full.conf >{log} 2>&1"])!;
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port(config, "port = ")}") };
            var acknowledged = new List<string>();
            var value = new string('x', 10_000);
            var deadline = Stopwatch.StartNew();
            for (var refused = false; !refused;)
            {
                Assert.True(deadline.Elapsed < Patience, "a disk of 1 MiB took writes for a minute");
                var key = $"k{acknowledged.Count}";
                if (await Kv.TryPut(http, key, value)) acknowledged.Add(key);
                else refused = acknowledged.Count > 0;
            }
            Assert.Contains("journal", await File.ReadAllTextAsync(log));
            Assert.False(node.HasExited);

            // With room again it goes on, and has what it acknowledged.
            Assert.Equal(0, Shell($"mount -o remount,size=64m {disk}"));
            while (!await Kv.TryPut(http, "later", "1")) Assert.True(deadline.Elapsed < 2 * Patience, "no write is taken though there is room again");
            Assert.Empty(await Kv.Missing(http, acknowledged.Select(k => KeyValuePair.Create(k, value))));
            node.Kill();
            await node.WaitForExitAsync();
        }
        finally
        {
            Shell($"umount {disk}");
        }
    }

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "AkkaPaxos.Cli.dll");

    private static string Port(string config, string after) =>
        new([.. config[(config.IndexOf(after, StringComparison.Ordinal) + after.Length)..].TakeWhile(char.IsDigit)]);

    private string Config(string? data = null)
    {
        using var cluster = new LocalCluster(1, Path.Combine(Folder, "ports"));
        var node = cluster.Nodes[0];
        return _config ??= Minimal.Replace("AKKA", node.AkkaPort.ToString()).Replace("HTTP", node.HttpPort.ToString()).Replace("DATA", data ?? Path.Combine(Folder, "data"));
    }

    private string? _config;

    private async Task<(int Code, string[] Error)> Node(string hocon)
    {
        var file = Path.Combine(Folder, "bad.conf");
        await File.WriteAllTextAsync(file, hocon);
        return await Run("node", "--config", file);
    }

    private static async Task<(int Code, string[] Error)> Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Dll, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"the node runs on: {await output} {await error}");
        }
        return (process.ExitCode, (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static int Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private sealed class FactWhereMountIsPermittedAttribute : FactAttribute
    {
        public FactWhereMountIsPermittedAttribute()
        {
            var folder = Directory.CreateTempSubdirectory("akkapaxos-mount-").FullName;
            if (Shell($"mount -t tmpfs -o size=1m none {folder} && umount {folder}") != 0) Skip = "a full disk is made by mounting a tmpfs, which is not permitted here";
            Directory.Delete(folder);
        }
    }
}
