using System.Diagnostics;
using Akka.Configuration;
using AkkaPaxos.Gateway;
using AkkaPaxos.Gateway.Tests;
using AkkaPaxos.Kv;
using Google.Protobuf;

namespace AkkaPaxos.Cli.Tests;

/// <summary>What a process has that a command line in this process has not: its arguments' bytes, its standard input, and signals.</summary>
public sealed class ProcessTests : NodeTestBase
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private sealed record Ended(int Code, string Output, string Error);

    /// <summary>Starts a shell that becomes the program.</summary>
    /// <param name="line">What it does: <c>exec "$@"</c> with the program's arguments, in one way or another.</param>
    /// <param name="arguments">The program's.</param>
    private static Process Start(string line, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] program = ["dotnet", Path.Combine(AppContext.BaseDirectory, "AkkaPaxos.Cli.dll")];
        foreach (var argument in (string[])["-c", line, "sh", .. program, .. arguments]) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<Ended> End(Process process)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return new Ended(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
    }

    private static void Signal(string signal, Process process)
    {
        using var kill = Process.Start("kill", [signal, $"{process.Id}"]);
        kill.WaitForExit();
    }

    [Fact]
    public async Task Keys_and_values_are_stored_with_the_bytes_that_they_were_given_in()
    {
        var node = new FakeNode();
        await using var gateway = await HttpGateway.StartAsync(node, new GatewaySettings(ConfigurationFactory.ParseString("akkapaxos.gateway.port = 0")));
        var ended = await End(Start("""exec "$@" "$(printf 'k\377')" "$(printf '\303v\357\277\275')" """,
            "put", "--endpoints", gateway.Address["http://".Length..]));
        Assert.Equal((0, "OK\n", ""), (ended.Code, ended.Output, ended.Error));
        var stored = Assert.Single(KvOperations.Decode(node.Machine.Query(KvOperations.Encode(
            new RangeRequest { Key = KvOperations.FromKey, RangeEnd = KvOperations.FromKey }))).ResponseRange.Kvs);
        Assert.Equal([(byte)'k', 0xff], stored.Key.ToByteArray());
        Assert.Equal([0xc3, (byte)'v', 0xef, 0xbf, 0xbd], stored.Value.ToByteArray());
    }

    [Theory]
    [InlineData("put", "k")]
    [InlineData("txn")]
    public async Task Standard_input_that_is_closed_or_empty_is_wrong_usage(params string[] command)
    {
        foreach (var (how, why) in ((string, string)[])[("<&-", "closed"), ("</dev/null", "empty")])
        {
            var ended = await End(Start($"exec \"$@\" {how}", [.. command, "--endpoints", KvCommandTests.ClosedEndpoint()]));
            Assert.Equal((2, ""), (ended.Code, ended.Output));
            Assert.Contains($"standard input, which is {why}", ended.Error);
        }
    }

    [Fact]
    public async Task Bench_says_in_a_line_that_nobody_is_there()
    {
        // Akka would tell of each connection that fails, on standard output and with a stack trace.
        var ended = await End(Start(
            "exec \"$@\"", "bench", "--contact-points", $"akka.tcp://akkapaxos@{KvCommandTests.ClosedEndpoint()}", "--command-timeout", "3s"));
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Equal("akkapaxos: the cluster did not take the first writes within 3 s (--command-timeout)\n", ended.Error);
    }

    [Fact]
    public async Task A_command_that_waits_for_input_ends_when_it_is_told_to()
    {
        var process = Start("sleep 60 | (echo reads; exec \"$@\")", "put", "k");
        Assert.Equal("reads", await process.StandardOutput.ReadLineAsync());
        // The shell waits for the pipe; its child is the program.
        var child = "";
        for (var waited = Stopwatch.StartNew(); child.Length == 0 && waited.Elapsed < Patience; await Task.Delay(50))
            child = Children(process.Id).FirstOrDefault(c => File.ReadAllText($"/proc/{c}/cmdline").Contains("AkkaPaxos.Cli.dll")) ?? "";
        using var program = Process.GetProcessById(int.Parse(child));
        Signal("-TERM", program);
        using var patience = new CancellationTokenSource(Patience);
        await program.WaitForExitAsync(patience.Token);
        foreach (var left in Children(process.Id)) Process.GetProcessById(int.Parse(left)).Kill();
        await End(process);

        static string[] Children(int of) => File.ReadAllText($"/proc/{of}/task/{of}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Theory]
    [InlineData("-TERM")]
    [InlineData("-HUP")]
    [InlineData("-INT")]
    public async Task A_node_that_is_told_to_stop_while_it_starts_or_serves_leaves(string signal)
    {
        // Its first line is the earliest that one sees of it, and its last one the latest that it says of its start.
        foreach (var said in (string[])["node 1 of group default", "node 1 is ready"])
        {
            // The tests may run where these signals are ignored, and what is ignored at the start stays so.
            var process = Start("exec env --default-signal=HUP,INT,TERM \"$@\"", "node", "--config", Config());
            string? line;
            do line = await process.StandardOutput.ReadLineAsync();
            while (line is not null && !line.Contains(said));
            Signal(signal, process);
            var ended = await End(process);
            Assert.Equal((0, ""), (ended.Code, ended.Error));
            Assert.Contains("stops as it was told to", ended.Output);
        }
    }

    [Fact]
    public async Task A_second_process_gets_neither_the_port_nor_the_folder_of_one_that_runs_nor_another_nodes_folder()
    {
        var config = Config();
        var process = Start("exec \"$@\"", "node", "--config", config);
        string? line;
        do line = await process.StandardOutput.ReadLineAsync();
        while (line is not null && !line.Contains("node 1 is ready"));
        var folder = Path.Combine(Path.GetDirectoryName(config)!, "data of another");
        var port = await End(Start("exec \"$@\"", "node", "--config", config, "--set", "akkapaxos.gateway.port=0", "--set", $"akkapaxos.data-directory=\"{folder}\""));
        Assert.Equal(2, port.Code);
        Assert.Matches("^akkapaxos: cannot listen on akka.tcp://akkapaxos@[^ ]* .*: the port is in use\n$", port.Error);
        var same = await End(Start("exec \"$@\"", "node", "--config", config, "--set", "akkapaxos.gateway.port=0"));
        Assert.Equal(2, same.Code);
        Assert.Matches("^akkapaxos: akkapaxos.data-directory .* is in use: process [0-9]+ works on it; each node needs a folder of its own\n$", same.Error);
        Signal("-KILL", process);
        await End(process);
        var other = await End(Start("exec \"$@\"", "node", "--config", config, "--set", "akkapaxos.group=other"));
        Assert.Equal(2, other.Code);
        Assert.Matches("^akkapaxos: akkapaxos.data-directory .* belongs to node 1 of group default, and this is node 1 of group other: ", other.Error);
        // Killed and started again at once: port and folder are its own again.
        process = Start("exec \"$@\"", "node", "--config", config);
        do line = await process.StandardOutput.ReadLineAsync();
        while (line is not null && !line.Contains("node 1 is ready"));
        Assert.NotNull(line);
        Signal("-TERM", process);
        Assert.Equal(0, (await End(process)).Code);
    }

    [Fact]
    public async Task Under_nohup_a_node_outlives_its_terminal()
    {
        var process = Start("trap '' HUP; exec \"$@\"", "node", "--config", Config());
        string? line;
        do line = await process.StandardOutput.ReadLineAsync();
        while (line is not null && !line.Contains("node 1 is ready"));
        Signal("-HUP", process);
        Assert.Equal(0, (await Run("put", "k", "v", "--endpoints", Endpoint)).Code);
        Signal("-TERM", process);
        Assert.Equal(0, (await End(process)).Code);
    }

    private static Task<CommandLine.Outcome> Run(params string[] arguments) => CommandLine.Run(arguments);
}
