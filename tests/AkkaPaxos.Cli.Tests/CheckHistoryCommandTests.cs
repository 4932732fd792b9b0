namespace AkkaPaxos.Cli.Tests;

public sealed class CheckHistoryCommandTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.log");
    private readonly string _page = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.html");

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_page);
    }

    private void Write(params string[] events) =>
        File.WriteAllLines(_file, events.Select(e => $"INFO  jepsen.util - {string.Join('\t', e.Split(' ', 4))}"));

    [Fact]
    public async Task A_linearizable_history_is_ok()
    {
        Write("3 :invoke :cas [1 4]", "0 :invoke :write 1", "0 :ok :write 1", "3 :ok :cas [1 4]", "0 :invoke :read nil", "0 :ok :read 4");

        var outcome = await CommandLine.Run("check-history", _file, "--model", "cas-register", "--html", _page);

        Assert.Equal((0, ""), (outcome.Code, outcome.Error));
        Assert.StartsWith("ok: 3 operations, ", outcome.Output);
        Assert.Contains("linearizable</h1>", File.ReadAllText(_page));
    }

    [Fact]
    public async Task A_violation_is_printed_with_the_shortest_part_and_drawn()
    {
        Write("1 :invoke :write 7", "1 :info :write :timed-out", "0 :invoke :write 1", "0 :ok :write 1", "0 :invoke :write 2", "0 :ok :write 2",
            "2 :invoke :read nil", "2 :ok :read 1");

        var outcome = await CommandLine.Run("check-history", _file, "--model", "register", "--html", _page);

        Assert.Equal(1, outcome.Code);
        Assert.Equal(
            """
            violation: no order of these 3 operations explains them
              client  from  to  call     answer
              0       1     2   write 1  ok
              0       3     4   write 2  ok
              2       5     6   read     1
            """, string.Join('\n', outcome.Output.TrimEnd().Split('\n')[..^1]));
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_page));
    }

    [Fact]
    public async Task When_the_time_is_over_it_is_unknown()
    {
        Write("0 :invoke :write 1", "0 :ok :write 1", "0 :invoke :read nil", "0 :ok :read 2");

        var outcome = await CommandLine.Run("check-history", _file, "--model", "register", "--time", "0", "--html", _page);

        Assert.Equal(3, outcome.Code);
        Assert.Contains("not known whether linearizable", File.ReadAllText(_page));
        Assert.StartsWith("unknown: ", outcome.Output);
    }

    [Theory]
    [InlineData("stack", "60", "akkapaxos: --model: there is no model stack, but register, cas-register, kv, queue, lock")]
    [InlineData("register", "-1", "akkapaxos: --time: -1 is not between 0 and 1000000")]
    [InlineData("register", "60", "akkapaxos: {0}:2: the model has no function :cas, but :read, :write")]
    public async Task What_cannot_be_checked_is_wrong_usage(string model, string time, string error)
    {
        Write("0 :invoke :write 1", "1 :invoke :cas [1 2]");

        var outcome = await CommandLine.Run("check-history", _file, "--model", model, "--time", time);

        Assert.Equal(2, outcome.Code);
        Assert.Equal(string.Format(error, _file), outcome.Error.Trim());
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_not_guessed()
    {
        // Read as U+FFFD each, two different values would be the same.
        File.WriteAllBytes(_file, [.. "{:process 0, :type :invoke, :f :write, :value \""u8, 0xff, .. "\"}\n"u8]);

        var outcome = await CommandLine.Run("check-history", _file, "--model", "register");

        Assert.Equal(2, outcome.Code);
        Assert.Equal($"akkapaxos: {_file}: it is not UTF-8\n", outcome.Error);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_wrong_usage()
    {
        var outcome = await CommandLine.Run("check-history", _file + ".none", "--model", "kv");

        Assert.Equal(2, outcome.Code);
        Assert.Contains($"{_file}.none", outcome.Error);
    }
}
