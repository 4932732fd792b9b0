using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Accept = AkkaPaxos.Synod.Accept;
using Accepted = AkkaPaxos.Synod.Accepted;
using Prepare = AkkaPaxos.Synod.Prepare;
using Promise = AkkaPaxos.Synod.Promise;
using Response = AkkaPaxos.Synod.Response;

namespace AkkaPaxos.Tests;

/// <summary>The roles of single-decree Paxos together, message by message: the runs that the seeds draw and describe, and random faults.</summary>
public class SynodRunTests() : SynodTestBase(virtualTime: true)
{
    private SynodNet Five() => SynodRuns.Five(this, Options);

    private SynodNet Three(int[]? proposers = null) => new(this, Options, proposers: proposers);

    private static T[] SentBy<T>(SynodNet net, string from) => [.. net.Sent.Where(f => f.From == from).Select(f => f.Message).OfType<T>().Distinct()];

    // ---- the second seed's flows ----

    [Fact]
    public void Normal_flow_as_the_second_seed_draws_it()
    {
        var net = Three(proposers: [1]);
        net.Tell("C1", new Submit("V"));
        var rows = new List<string>();
        while (net.Waiting.Count > 0)
        {
            var hop = net.Waiting;
            rows.AddRange(hop.Select(f => $"{f.From}>{f.To} {f.Message.GetType().Name}"));
            foreach (var frame in hop) net.Deliver(frame);
        }

        string[] drawn =
        [
            "C1>P1 Request",
            "P1>A1 Prepare", "P1>A2 Prepare", "P1>A3 Prepare",
            "A1>P1 Promise", "A2>P1 Promise", "A3>P1 Promise",
            "P1>A1 Accept", "P1>A2 Accept", "P1>A3 Accept",
            "A1>L1 Accepted", "A1>L2 Accepted", "A1>P1 Accepted",
            "A2>L1 Accepted", "A2>L2 Accepted", "A2>P1 Accepted",
            "A3>L1 Accepted", "A3>L2 Accepted", "A3>P1 Accepted",
            "L1>C1 Response", "L2>C1 Response",
        ];
        Assert.Equal(drawn, rows);
        Assert.Equal("V", net.State<ClientState>("C1").Chosen);
        net.AssertSafe();
    }

    [Fact]
    public void A_proposer_fails_while_broadcasting_and_another_takes_over_with_its_value()
    {
        var net = Three();
        net.Tell("C1", new Submit("V", N(1)));
        net.DeliverAll(f => f.Message is Synod.Request);
        net.Phase1("P1", 1, 2, 3);
        net.Phase2("P1", 1); // it reached one acceptor
        net.Crash("P1");
        net.DropAll(f => f.From == "P1");

        net.Tell("P2", Lead.Instance);
        net.Phase1("P2", 1, 2, 3); // 1.2 is above 1.1
        Assert.Equal([new Accept(B(1, 2), "V")], SentBy<Accept>(net, "P2"));
        net.Phase2("P2", 1, 2, 3);
        Assert.Equal("V", net.State<ClientState>("C1").Chosen);
        net.AssertSafe();
    }

    [Fact]
    public void Duelling_leaders_refuse_each_other_as_far_as_the_second_seed_draws_it_and_come_to_rest_by_their_delays()
    {
        var net = Three();
        net.Request("P1", 1, "Vb");
        net.Request("P2", 1, "Va");
        net.Phase1("P1", 1, 2, 3);
        for (var turn = 0; turn < 3; turn++)
        {
            foreach (var (prepares, proposes) in (new[] { ("P2", "P1"), ("P1", "P2") }))
            {
                net.Phase1(prepares, 1, 2, 3);                   // Prepare, Promise
                net.Phase2(proposes, 1, 2, 3);                   // Accept!, Nack
                Assert.Equal(ProposerPhase.Resting, net.State<ProposerState>(proposes).Phase);
                net.Pass(Options.RetryMax);                      // it tries the next number
            }
        }

        Assert.Empty(net.ChosenValues);
        Assert.Equal(3, net.State<ProposerState>("P1").Refusals);

        Hops(net, TimeSpan.FromMilliseconds(10), () => net.LearnedValues.Count > 0);
        net.AssertSafe();
        Assert.Single(net.ChosenValues);
    }

    [Fact]
    public void In_lockstep_they_duel_at_first_and_a_distinguished_proposer_ends_that()
    {
        Assert.True(Refusals(Options) > 0);
        Assert.Equal(0, Refusals(Options with { DistinguishedProposer = N(2) }));

        int Refusals(SynodSettings settings)
        {
            var net = new SynodNet(this, settings, decree: $"led by {settings.DistinguishedProposer}");
            net.Tell("P1", new Synod.Request("X"));
            net.Tell("P2", new Synod.Request("Y"));
            Hops(net, TimeSpan.FromMilliseconds(10), () => Knows(net, "L1") && Knows(net, "L2"));
            net.AssertSafe();
            var refusals = net.Sent.Count(f => f.Message is Nack);
            return refusals;
        }
    }

    private static bool Knows(SynodNet net, string learner) => net.State<LearnerState>(learner).Chosen is not null;

    /// <summary>Every message takes the same time, until <paramref name="done"/>.</summary>
    private static void Hops(SynodNet net, TimeSpan hop, Func<bool> done)
    {
        for (var i = 0; !done(); i++)
        {
            Assert.True(i < 3000, "they do not come to rest");
            foreach (var frame in net.Waiting) net.Deliver(frame);
            net.Pass(hop);
        }
    }

    // ---- the second seed's two cases: a proposer prepares during the first's accept phase ----

    [Fact]
    public void Case_1_the_second_prepares_with_all_acceptors_before_the_first_is_accepted_and_wins()
    {
        var net = Three();
        net.Request("P1", 1, "V1");
        net.Phase1("P1", 1, 2, 3);
        net.Request("P2", 2, "V2");
        net.Phase1("P2", 1, 2, 3);
        net.Phase2("P1", 1, 2, 3);
        Assert.DoesNotContain(net.Sent, f => f.Message is Accepted); // all refused 1.1
        net.Phase2("P2", 1, 2, 3);
        Assert.Equal(["V2"], net.ChosenValues);
        net.AssertSafe();
    }

    [Fact]
    public void Case_2_the_second_prepares_with_a_majority_and_wins_and_the_first_then_proposes_the_winners_value()
    {
        var net = Three();
        net.Request("P1", 1, "V1");
        net.Phase1("P1", 1, 2, 3);
        net.Request("P2", 2, "V2");
        net.Phase1("P2", 2, 3);
        net.Phase2("P1", 1, 2, 3); // accepted by acceptor 1, refused by 2 and 3
        Assert.Equal(new Proposal(B(1, 1), "V1"), net.State<AcceptorState>("A1").Accepted);
        net.Phase2("P2", 2, 3);
        Assert.Equal(["V2"], net.ChosenValues);
        net.Pass(Options.RetryMax);
        net.Phase1("P1", 1, 2, 3);
        net.Phase2("P1", 1, 2, 3);
        Assert.Equal(new Proposal(B(3, 1), "V2"), net.State<AcceptorState>("A1").Accepted);
        net.AssertSafe();
    }

    // ---- the first seed's three orders of P3.1 A3.1 P4.5 A4.5, the third's three possibilities ----

    [Fact]
    public void P31_A31_P45_A45_the_previous_value_is_chosen_and_the_new_proposer_uses_it()
    {
        var net = Five();
        SynodRuns.PreviousValueChosen(net);
        Assert.Equal(["X"], net.ChosenValues);
        Assert.Equal([new Promise(N(3), B(4, 5), new Proposal(B(3, 1), "X"))], SentBy<Promise>(net, "A3").Where(p => p.Ballot == B(4, 5)));
        Assert.Equal([new Accept(B(4, 5), "X")], SentBy<Accept>(net, "P5"));
        Assert.Equal(["X"], net.LearnedValues);
    }

    [Fact]
    public void P31_P45_A31_A45_the_new_proposer_sees_the_value_that_is_not_chosen_yet_and_both_succeed()
    {
        var net = Five();
        SynodRuns.PreviousValueSeen(net);
        Assert.Equal(["X"], net.ChosenValues);
        Assert.Equal([new Accept(B(4, 5), "X")], SentBy<Accept>(net, "P5"));
        Assert.Equal(ProposerPhase.Done, net.State<ProposerState>("P1").Phase);
        Assert.Equal(ProposerPhase.Done, net.State<ProposerState>("P5").Phase);
    }

    [Fact]
    public void P31_P45_A45_A31_the_new_proposer_does_not_see_the_value_and_the_old_one_is_blocked()
    {
        var net = Five();
        SynodRuns.PreviousValueNotSeen(net);
        Assert.Equal(["Y"], net.ChosenValues);
        Assert.Equal([new Nack(N(3), B(3, 1), B(4, 5))], SentBy<Nack>(net, "A3"));
        Assert.Equal(ProposerPhase.Resting, net.State<ProposerState>("P1").Phase);

        net.Pass(Options.RetryMax); // back to square one, where it finds Y
        net.Phase1("P1", 1, 2, 3);
        net.Phase2("P1", 1, 2, 3);
        Assert.Equal(new Accept(B(5, 1), "Y"), SentBy<Accept>(net, "P1")[^1]);
        net.AssertSafe();
    }

    // ---- crashes ----

    [Fact]
    public void An_acceptor_that_restarts_between_promise_and_accept_keeps_its_promise()
    {
        var net = Five();
        SynodRuns.RestartBetweenPromiseAndAccept(net);
        Assert.Equal(["Y"], net.ChosenValues);
    }

    [Fact]
    public void Votes_under_different_numbers_and_single_acceptors_choose_nothing()
    {
        var net = Three();
        SynodRuns.AcceptedUnderDifferentNumbers(net);
        Assert.Empty(net.ChosenValues);
        Assert.Empty(net.LearnedValues);
    }

    [Fact]
    public void One_of_three_acceptors_is_no_majority_in_either_phase()
    {
        var net = Three();
        SynodRuns.OneAcceptorEach(net);
        Assert.Empty(SentBy<Accept>(net, "P1"));
        Assert.Empty(net.LearnedValues);
    }

    [Fact]
    public void With_one_of_three_acceptors_down_a_value_is_chosen_and_stays_available()
    {
        var net = Three(proposers: [1]);
        net.Crash("A2");
        net.Tell("C1", new Submit("X"));
        net.DeliverEverything();
        Assert.Equal("X", net.State<ClientState>("C1").Chosen);
        net.Restart("A1");
        net.Restart("L1");
        net.Pass(Options.InquireInterval);
        net.DeliverEverything();
        Assert.Equal(new Proposal(B(1), "X"), net.State<LearnerState>("L1").Chosen);
    }

    [Fact]
    public void A_proposer_that_restarts_uses_a_higher_number_and_its_client_gets_an_answer()
    {
        var net = Three(proposers: [1]);
        net.Tell("C1", new Submit("X"));
        net.DeliverAll(f => f.Message is Synod.Request);
        net.Phase1("P1", 1, 2);
        net.Phase2("P1", 1);
        net.Restart("P1");
        net.DropAll(f => f.From == "P1");
        net.Pass(Options.ClientTimeout);
        net.DeliverEverything();
        Assert.Equal([B(1), B(2)], SentBy<Prepare>(net, "P1").Select(p => p.Ballot));
        Assert.Equal("X", net.State<ClientState>("C1").Chosen);
        net.AssertSafe();
    }

    // ---- learners ----

    [Fact]
    public void A_learner_whose_messages_were_lost_asks_for_them()
    {
        var net = Three(proposers: [1]);
        net.Tell("C1", new Submit("X"));
        net.DeliverAll(f => f.Message is Synod.Request);
        net.Phase1("P1", 1, 2, 3);
        net.DeliverAll(f => f.Message is Accept);
        net.DropAll(f => f.Message is Accepted && f.To == "L2");
        net.DeliverEverything();
        Assert.Null(net.State<LearnerState>("L2").Chosen);
        net.Pass(Options.InquireInterval);
        net.DeliverEverything();
        Assert.Equal("X", net.State<LearnerState>("L2").Chosen?.Value);
    }

    [Fact]
    public void The_distinguished_learner_tells_the_rest_and_while_it_is_down_they_find_out_themselves()
    {
        Options = Options with { DistinguishedLearner = N(1) };
        var net = Three(proposers: [1]);
        net.Tell("C1", new Submit("X"));
        net.DeliverEverything();
        Assert.DoesNotContain(net.Sent, f => f is { Message: Accepted, To: "L2" });
        Assert.Contains(net.Sent, f => f is { Message: Chosen, From: "L1", To: "L2" });
        Assert.Equal("X", net.State<LearnerState>("L2").Chosen?.Value);

        net.Crash("L1");
        net.Restart("L2");
        net.Pass(Options.InquireInterval);
        net.DeliverEverything();
        Assert.Equal("X", net.State<LearnerState>("L2").Chosen?.Value);
        net.AssertSafe();
    }

    [Fact]
    public void A_client_whose_answers_were_lost_asks_again_and_is_told()
    {
        var net = Three(proposers: [1]);
        net.Tell("C1", new Submit("X"));
        while (net.Waiting.Count > 0)
        {
            net.DropAll(f => f.Message is Response);
            net.DeliverAll(f => f.Message is not Response);
        }

        Assert.Null(net.State<ClientState>("C1").Chosen);
        net.Pass(Options.ClientTimeout);
        net.DeliverEverything();
        Assert.Equal("X", net.State<ClientState>("C1").Chosen);
    }

    // ---- random faults ----

    /// <summary>Messages are lost, come twice and in any order, roles crash: never two values; once that stops everybody learns the one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Under_random_faults_one_value_is_chosen_at_most_and_in_the_end_everybody_learns_it(int seed)
    {
        var random = new Random(seed);
        if (seed % 4 == 0) Options = Options with { DistinguishedLearner = N(1) };
        var net = Three(proposers: [1, 2, 3]);
        net.Tell("P1", new Synod.Request("X"));
        net.Tell("P2", new Synod.Request("Y"));
        net.Tell("P3", new Synod.Request("Z"));
        net.Tell("C1", new Submit("C", N(seed % 3 + 1)));
        for (var step = 0; step < 600; step++)
        {
            var waiting = net.Waiting;
            var frame = waiting.Count > 0 ? waiting[random.Next(waiting.Count)] : null;
            switch (random.Next(100))
            {
                case < 12 when frame is not null: net.Drop(frame); break;
                case < 18 when frame is not null: net.Tell(frame.To, frame.Message); break; // it will come again
                case < 20: net.Restart($"A{1 + random.Next(3)}"); break;
                case < 21: net.Restart($"P{1 + random.Next(3)}"); break;
                case < 22: net.Restart($"L{1 + random.Next(2)}"); break;
                case < 40: net.Pass(TimeSpan.FromMilliseconds(random.Next(60))); break;
                default:
                    if (frame is not null) net.Deliver(frame);
                    break;
            }
        }

        net.AssertSafe();
        Hops(net, TimeSpan.FromMilliseconds(10), () => net.State<ClientState>("C1").Chosen is not null && Knows(net, "L1") && Knows(net, "L2"));
        net.AssertSafe();
        Assert.Single(net.ChosenValues);
    }
}
