namespace AkkaPaxos.Cli.Tests;

public sealed class ExploreCommandTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.scenario");

    public void Dispose() => File.Delete(_file);

    private void Write(string protocol, string proposers) => File.WriteAllText(_file,
        $"protocol {protocol}\nclients c1 c2\nproposers {proposers}\nacceptors a1 a2 a3\nlearners l1\npropose c1 -> p1 X\npropose c2 -> {proposers[^2..]} Y\n");

    [Fact]
    public async Task Where_nothing_is_wrong_it_exits_with_0_and_counts_the_states()
    {
        Write("synod", "p1");

        var outcome = await CommandLine.Run("explore", _file, "--drops", "1", "--crashes", "0");

        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        Assert.Matches($@"^{_file}: no violation in [0-9,]+ states, ", outcome.Output);
    }

    [Fact]
    public async Task What_it_prints_of_a_violation_is_a_scenario_that_runs()
    {
        Write("accept-everything", "p1 p2");

        var found = await CommandLine.Run("explore", _file);
        File.WriteAllText(_file, found.Output);
        var replayed = await CommandLine.Run("scenario", "run", _file);

        Assert.Equal(1, found.Code);
        Assert.Contains("two values are chosen: ", found.Error);
        Assert.Contains("#   X-------->|", found.Output);
        Assert.Equal(0, replayed.Code);
    }

    [Fact]
    public async Task A_budget_below_0_is_wrong_usage()
    {
        Write("synod", "p1");

        var outcome = await CommandLine.Run("explore", _file, "--drops", "-1");

        Assert.Equal(2, outcome.Code);
        Assert.Contains("--drops: -1 is not between 0 and 1000", outcome.Error);
    }
}
