using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using AkkaPaxos.Node;

namespace AkkaPaxos.Cli.Tests;

/// <summary>How a node's log looks.</summary>
public sealed class NodeLoggerTests
{
    [Fact]
    public async Task An_entry_is_a_line_with_time_level_and_what()
    {
        var lines = await Logged("INFO", log =>
        {
            log.Info("one {0}", 1);
            log.Warning("two\nlines");
            log.Error("three");
            log.Debug("not asked for");
        });
        string[] expected = ["INFO  one 1", "WARN  two lines", "ERROR three"];
        Assert.Equal(expected, lines.Select(l => l[25..]));
        Assert.All(lines, l => Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z ", l));
    }

    [Fact]
    public async Task An_exception_is_its_message_and_a_fault_of_the_program_also_where_it_was()
    {
        var lines = await Logged("INFO", log =>
        {
            log.Error(new AggregateException(Thrown(new IOException("the disk is full"))), "not written");
            log.Error(Thrown(new IOException("the disk is full")), "not read: the disk is full");
            log.Error(Thrown(new KeyNotFoundException("no such key")), "not found");
        });
        Assert.Equal("not written: the disk is full", lines[0][31..]);
        Assert.Equal("not read: the disk is full", lines[1][31..]);
        Assert.StartsWith($"not found: no such key (KeyNotFoundException in {typeof(NodeLoggerTests).FullName}.{nameof(Thrown)}", lines[2][31..]);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public async Task What_repeats_is_there_once_though_its_figures_differ_and_another_role_is_another_line()
    {
        var lines = await Logged("INFO", log =>
        {
            foreach (var pause in (int[])[200, 400, 800])
                foreach (var role in (string[])["acceptor", "leader"])
                    log.Error("role {0} of node {1} stopped, and starts again in {2} ms", role, 1, pause);
            log.Info("said each time");
            log.Info("said each time");
        });
        string[] expected =
        [
            "role acceptor of node 1 stopped, and starts again in 200 ms", "role leader of node 1 stopped, and starts again in 200 ms",
            "said each time", "said each time",
        ];
        Assert.Equal(expected, lines.Select(l => l[31..]));
    }

    [Fact]
    public async Task At_debug_nothing_is_left_out_and_an_exception_comes_with_its_stack_trace()
    {
        var lines = await Logged("DEBUG", log =>
        {
            log.Debug("details");
            log.Error(Thrown(new IOException("the disk is full")), "not written");
            log.Error("again");
            log.Error("again");
        });
        Assert.Contains(lines, l => l.EndsWith("DEBUG details", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains($"   at {typeof(NodeLoggerTests).FullName}.{nameof(Thrown)}", StringComparison.Ordinal));
        Assert.Equal(2, lines.Count(l => l.EndsWith("again", StringComparison.Ordinal)));
    }

    private static Exception Thrown(Exception e)
    {
        try
        {
            throw e;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    private static async Task<string[]> Logged(string level, Action<ILoggingAdapter> log)
    {
        var output = new LineWriter();
        var setup = BootstrapSetup.Create()
            .WithConfig(ConfigurationFactory.ParseString(
                $"akka {{ loglevel = {level}, stdout-loglevel = OFF, loggers = [\"AkkaPaxos.Cli.NodeLogger, AkkaPaxos.Cli\"] }}"))
            .And(new NodeLogSetup(output))
            .And(new LogFilterSetup([new QuietLogFilter()]));
        var system = ActorSystem.Create("logged", setup);
        var adapter = Logging.GetLogger(system, typeof(NodeLoggerTests));
        log(adapter);
        adapter.Info("the last one");
        for (var end = DateTime.UtcNow.AddSeconds(30); !output.Lines.Any(IsLast); await Task.Delay(10))
            Assert.True(DateTime.UtcNow < end, $"not logged in time; there is: {string.Join('\n', output.Lines)}");
        await system.Terminate();
        return [.. output.Lines.TakeWhile(l => !IsLast(l)).SelectMany(l => l.Split('\n'))];

        static bool IsLast(string line) => line.EndsWith("the last one", StringComparison.Ordinal);
    }
}
