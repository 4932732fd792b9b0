using System.CommandLine;
using System.Diagnostics;
using AkkaPaxos.Benchmarks;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>scripts/bench: what it makes of its options and figures, and that nothing that it starts outlives it.</summary>
public class BenchTests : RealProcesses
{
    [Fact]
    public void The_median_of_an_odd_number_is_in_the_middle_and_of_an_even_one_between_the_two_there()
    {
        Assert.Equal(new Spread(3, 1, 10), Spread.Of([10, 1, 3]));
        Assert.Equal(new Spread(2.5, 1, 10), Spread.Of([10, 1, 3, 2]));
        Assert.Null(Spread.Of([]));
    }

    [Fact]
    public void Ratios_are_of_the_figures_of_the_same_round_and_rounds_without_either_do_not_count()
    {
        // Rounds that differ by ten times, in which both differ alike.
        Assert.Equal(new Spread(2, 2, 2), Spread.OfRatios([200, 20, 2], [100, 10, 1]));
        Assert.Equal(new Spread(3, 2, 4), Spread.OfRatios([2, 4, null, 5, 7], [1, 1, 1, null, 0]));
        Assert.Null(Spread.OfRatios([1], [0]));
    }

    [Theory]
    [InlineData("", "1,64,256", "put,get", 5)]
    [InlineData("--clients 2,8 --op get --rounds 3", "2,8", "get", 3)]
    [InlineData("--embedded", "256", "put,get", 5)]
    [InlineData("--embedded --clients 4", "4", "put,get", 5)]
    [InlineData("--plot x.svg", "1,2,4,8,16,32,64,128,256,512,1024", "put", 5)]
    [InlineData("--plot x.svg --clients 1,16 --op get", "1,16", "get", 5)]
    [InlineData("--smoke --rounds 7", "64", "put,get", 1)]
    public async Task Options_say_what_is_measured(string line, string clients, string ops, int rounds)
    {
        Options? options = null;
        var command = new RootCommand();
        Options.AddTo(command, (read, _) =>
        {
            options = read;
            return Task.FromResult(0);
        });
        Assert.Equal(0, await command.Parse(line).InvokeAsync());
        Assert.Equal((clients, ops, rounds), (string.Join(',', options!.Clients), string.Join(',', options.Ops), options.Rounds));
    }

    [Theory]
    [InlineData("--clients 1,x", "--clients: 1,x is not whole numbers from 1 to 100000 with commas between")]
    [InlineData("--op delete", "--op: delete is not put, get or put,get")]
    [InlineData("--rounds 0", "--rounds: 0 is not a whole number from 1 to 1000")]
    [InlineData("--plot /no/such/x.svg", "--plot: the folder of /no/such/x.svg does not exist")]
    [InlineData("--embedded --against HEAD", "--embedded and --against cannot be given together")]
    public void What_options_cannot_be_is_said(string line, string error)
    {
        var command = new RootCommand();
        Options.AddTo(command, (_, _) => Task.FromResult(0));
        Assert.Equal([error], command.Parse(line).Errors.Select(e => e.Message));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_the_nodes_that_it_has_started()
    {
        string[] arguments = [typeof(Options).Assembly.Location, "--only", "akkapaxos", "--smoke", "--directory", Folder];
        using var bench = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            var said = "";
            while (!said.Contains("cold", StringComparison.Ordinal))
                said = await bench.StandardError.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException($"it ended: {said}");
            var nodes = Nodes();
            Assert.Equal(3, nodes.Count);
            Process.Start("kill", ["-TERM", $"{bench.Id}"]).WaitForExit();
            await bench.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(143, bench.ExitCode);
            Assert.Empty(Nodes());
        }
        finally
        {
            if (!bench.HasExited) bench.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The processes whose command line names a file in this test's folder.</summary>
    private List<int> Nodes() =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).Where(id =>
        {
            try
            {
                var line = File.ReadAllText($"/proc/{id}/cmdline");
                return line.Contains(Path.Combine(Folder, "akkapaxos"), StringComparison.Ordinal) && line.Contains("AkkaPaxos.Cli.dll", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false; // it has just ended
            }
        }),
    ];
}
