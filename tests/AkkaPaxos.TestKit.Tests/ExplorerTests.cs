using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using AkkaPaxos.TestKit.Exploration;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>The exhaustive search finds nothing wrong with single-decree Paxos, and what is wrong with designs and doubles that are wrong.</summary>
public sealed class ExplorerTests
{
    // Not to measure: other tests run beside it.
    private static readonly ExplorationSettings Settings = new() { Time = TimeSpan.FromMinutes(3) };

    private static ScenarioFile Case(string protocol, int proposers = 2, int acceptors = 3, int learners = 1, string more = "")
    {
        string Names(string letter, int count) => string.Join(' ', Enumerable.Range(1, count).Select(i => $"{letter}{i}"));
        var proposals = string.Join('\n', Enumerable.Range(1, proposers).Select(i => $"propose c{i} -> p{i} V{i}"));
        return ScenarioFile.Parse("case.scenario", $"""
            protocol {protocol}
            clients {Names("c", proposers)}
            proposers {Names("p", proposers)}
            acceptors {Names("a", acceptors)}
            learners {Names("l", learners)}
            {more}
            {proposals}
            """);
    }

    private static ExplorationResult AssertFound(ScenarioFile file, ExplorationSettings settings, string violation)
    {
        var result = Explorer.Explore(file, settings);
        Assert.NotNull(result.Violation);
        Assert.StartsWith(violation, result.Violation);

        // The counterexample is a scenario that goes as it says.
        var run = ScenarioRun.With(ScenarioFile.Parse("counterexample.scenario", result.Counterexample!), settings.Doubles);
        Assert.Empty(run.Problems);
        Assert.NotEmpty(result.Drawing!);
        return result;
    }

    private static int Steps(ExplorationResult result) =>
        result.Counterexample!.Split("# What was found:")[1].Split('\n').Count(l => l.StartsWith("deliver ") || l.StartsWith("drop ") || l.StartsWith("crash "));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Two_proposers_and_three_acceptors_with_a_drop_or_a_crash_do_nothing_wrong(int drops, int crashes)
    {
        var result = Explorer.Explore(Case("synod"), Settings with { Drops = drops, Crashes = crashes });
        Assert.Null(result.Violation);
        Assert.True(result.IsComplete);
        Assert.True(result.States > 100_000, $"only {result.States} states");
    }

    [Fact]
    public void One_proposer_that_may_begin_again_does_nothing_wrong()
    {
        var result = Explorer.Explore(Case("synod", 1), Settings with { Retries = 1 });
        Assert.Null(result.Violation);
        Assert.True(result.IsComplete);
    }

    [Fact]
    public void A_learner_that_tells_the_others_is_searched_too()
    {
        var result = Explorer.Explore(Case("synod", 1, learners: 3, more: "set distinguished-learner 2"), Settings);
        Assert.Null(result.Violation);
        Assert.True(result.IsComplete);
    }

    [Fact]
    public void What_the_commands_have_led_to_is_where_it_starts()
    {
        var whole = Explorer.Explore(Case("synod"), Settings);
        var rest = Explorer.Explore(Case("synod", more: "past p2 round 1\nelect p1\ndeliver Prepare\ndrop a3 -> p1 Promise\ncrash a3"), Settings);
        Assert.Null(rest.Violation);
        Assert.True(rest.IsComplete);
        Assert.True(rest.States < whole.States);

        var everything = Explorer.Explore(ScenarioFile.Parse("f", "protocol synod\nclients c1\nproposers p1\nacceptors a1\nlearners l1\npropose c1 -> p1 X\nrun until quiet"), Settings with { Crashes = 0 });
        Assert.Equal(1, everything.States);
    }

    [Fact]
    public void Time_that_is_over_is_told()
    {
        var result = Explorer.Explore(Case("synod"), Settings with { Time = TimeSpan.Zero });
        Assert.Null(result.Violation);
        Assert.False(result.IsComplete);
    }

    [Fact]
    public void A_command_that_moves_time_is_refused()
    {
        var error = Assert.Throws<ScenarioException>(() => Explorer.Explore(Case("synod", more: "advance 1s"), Settings));
        Assert.StartsWith("case.scenario:6:1: \"advance 1s\", expected before an exploration only ", error.Message);
    }

    // ---- the seeds' wrong designs ----

    [Fact]
    public void Single_acceptor_chooses_two_values_after_a_crash()
    {
        var result = AssertFound(Case("single-acceptor", acceptors: 1), Settings, "two values are chosen: V1 under 1.1 and V2 under 1.2");
        Assert.Equal(5, Steps(result)); // two requests, two accepts, and the crash between
        Assert.Null(Explorer.Explore(Case("single-acceptor", acceptors: 1), Settings with { Crashes = 0 }).Violation);
    }

    [Fact]
    public void Accept_first_splits_votes()
    {
        var three = AssertFound(Case("accept-first", 3), Settings with { Drops = 0, Crashes = 0 }, "no value is chosen, and none ever will be");
        Assert.Equal(3 + (3 * 3) + (3 * 3), Steps(three)); // requests, accepts, and the answers to proposers
        AssertFound(Case("accept-first"), Settings with { Drops = 0 }, "no value is chosen, and none ever will be");
        Assert.Null(Explorer.Explore(Case("accept-first"), Settings with { Crashes = 0 }).Violation);
    }

    [Fact]
    public void Accept_everything_chooses_two_values()
    {
        var result = AssertFound(Case("accept-everything"), Settings with { Drops = 0, Crashes = 0 }, "two values are chosen: V1 under 1.1 and V2 under 1.2");
        Assert.Equal(6, Steps(result)); // two requests, and two accepts each
        Assert.Contains("expect chosen V1 and V2", result.Counterexample);
    }

    // ---- the mutation check: each of these doubles breaks one rule of the real role ----

    private sealed class AcceptsLowerBallot(SynodContext context) : Acceptor(context)
    {
        protected override bool MayAccept(Ballot asked, Ballot promised) => true;
    }

    private sealed class ForgetsPromise(SynodContext context) : Acceptor(context)
    {
        protected override void OnRecover(object message)
        {
            if (message is not AcceptorPromised) base.OnRecover(message);
        }
    }

    private sealed class IgnoresHighest(SynodContext context) : Proposer(context)
    {
        protected override string? ChooseValue(Proposal? highest, string? requested) => requested ?? highest?.Value;
    }

    private sealed class CountsTogether(SynodContext context) : Learner(context)
    {
        protected override IReadOnlySet<NodeId> Count(Ballot ballot, IReadOnlyDictionary<Ballot, HashSet<NodeId>> accepted) =>
            accepted.Values.SelectMany(a => a).ToHashSet();
    }

    private sealed class HalfProposer(SynodContext context) : Proposer(context)
    {
        private readonly int _half = context.Peers.Acceptors.Count / 2;

        protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
    }

    private sealed class HalfLearner(SynodContext context) : Learner(context)
    {
        private readonly int _half = context.Peers.Acceptors.Count / 2;

        protected override bool IsQuorum(IReadOnlySet<NodeId> acceptors) => acceptors.Count >= _half;
    }

    public static TheoryData<SynodRole, string, string> Doubles => new()
    {
        { SynodRole.Acceptor, nameof(AcceptsLowerBallot), "A" },
        { SynodRole.Acceptor, nameof(ForgetsPromise), "A1: a1 promised " },
        { SynodRole.Proposer, nameof(IgnoresHighest), "A5: " },
        { SynodRole.Proposer, nameof(HalfProposer), "A5: " },
        { SynodRole.Learner, nameof(CountsTogether), "l1 learns " },
        { SynodRole.Learner, nameof(HalfLearner), "l1 learns " },
    };

    [Theory]
    [MemberData(nameof(Doubles))]
    public void A_role_with_one_wrong_rule_is_caught(SynodRole role, string name, string violation)
    {
        Type[] doubles = [typeof(AcceptsLowerBallot), typeof(ForgetsPromise), typeof(IgnoresHighest), typeof(HalfProposer), typeof(CountsTogether), typeof(HalfLearner)];
        var settings = Settings with { Doubles = new Dictionary<SynodRole, Type> { [role] = doubles.Single(d => d.Name == name) } };
        AssertFound(Case("synod"), settings, violation);
    }
}
