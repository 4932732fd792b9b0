using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using AkkaPaxos.Synod;
using Request = AkkaPaxos.Synod.Request;
using Response = AkkaPaxos.Synod.Response;

namespace AkkaPaxos.Tests;

/// <summary>The client of single-decree Paxos against probes, in virtual time; and the settings and the trace that all its roles share.</summary>
public class SynodClientTests() : SynodTestBase(virtualTime: true)
{
    private IActorRef Client() => StartSynod(typeof(Client));

    private void ExpectRequest(int proposer, string value) => Probe(SynodRole.Proposer, proposer).ExpectMsg(new Request(value), InTime);

    [Fact]
    public void It_asks_the_proposer_it_was_told_and_then_the_others_in_turn_until_a_learner_answers()
    {
        var client = Client();
        client.Tell(new Submit("X", N(2)), TestActor);
        foreach (var proposer in (int[])[2, 3, 1, 2])
        {
            ExpectRequest(proposer, "X");
            Assert.True(StateOf<ClientState>(client).Waiting);
            ExpectSilence(SynodRole.Proposer);
            Pass(Options.ClientTimeout);
        }

        ExpectRequest(3, "X");
        client.Tell(new Response(N(1), "Y"));
        ExpectMsg(new Response(N(1), "Y"), InTime);
        client.Tell(new Response(N(2), "Y"));
        Pass(Options.ClientTimeout * 3);
        Assert.Equal(new ClientState(N(1), "X", N(3), false, "Y"), StateOf<ClientState>(client));
        ExpectSilence(SynodRole.Proposer, AMoment);
        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void It_asks_the_first_proposer_where_none_is_named()
    {
        Client().Tell(new Submit("X"), TestActor);
        ExpectRequest(1, "X");
    }

    [Fact]
    public void A_client_that_has_asked_for_nothing_takes_note_of_what_is_chosen()
    {
        var client = Client();
        client.Tell(new Response(N(1), "X"));
        Assert.Equal(new ClientState(N(1), null, NodeId.None, false, "X"), StateOf<ClientState>(client));
    }

    [Fact]
    public void Two_chosen_values_stop_it_A5()
    {
        var client = Client();
        client.Tell(new Response(N(1), "X"));
        EventFilter.Exception<InvariantViolationException>(contains: "A5").ExpectOne(() => client.Tell(new Response(N(2), "Y")));
    }

    // ---- settings, and what is traced ----

    [Theory]
    [InlineData("resend-interval = 0s", "akkapaxos.synod.resend-interval")]
    [InlineData("retry.min = 3s", "akkapaxos.synod.retry.max")]
    [InlineData("retry.factor = 1.0", "akkapaxos.synod.retry.factor")]
    [InlineData("distinguished-proposer = -1", "akkapaxos.synod.distinguished-proposer")]
    [InlineData("distinguished-learner = -1", "akkapaxos.synod.distinguished-learner")]
    public void A_mistake_in_the_settings_is_reported_with_its_key(string hocon, string named)
    {
        var section = ConfigurationFactory.ParseString(hocon).WithFallback(PaxosSettings.DefaultConfig().GetConfig("akkapaxos.synod"));
        Assert.Contains(named, Assert.ThrowsAny<ConfigurationException>(() => new SynodSettings(section)).Message);
    }

    [Fact]
    public void The_settings_are_read()
    {
        var settings = new SynodSettings(ConfigurationFactory
            .ParseString("distinguished-proposer = 2, distinguished-learner = 3, retry.max = 5s, trace = on")
            .WithFallback(PaxosSettings.DefaultConfig().GetConfig("akkapaxos.synod")));
        Assert.Equal((N(2), N(3), TimeSpan.FromSeconds(5), true),
            (settings.DistinguishedProposer, settings.DistinguishedLearner, settings.RetryMax, settings.Trace));
        Assert.Equal(DefaultOptions, settings with
        {
            DistinguishedProposer = default, DistinguishedLearner = default, RetryMax = DefaultOptions.RetryMax, Trace = false,
        });
    }

    [Fact]
    public void With_tracing_on_a_role_publishes_what_it_sends()
    {
        Options = Options with { Trace = true };
        Sys.EventStream.Subscribe(TestActor, typeof(MessageSent));
        Client().Tell(new Submit("X", N(2)), CreateTestProbe().Ref);
        var sent = ExpectMsg<MessageSent>(InTime);
        Assert.Equal(
            (N(1), "client", N(2), "proposer", 0L, new Request("X")),
            (sent.From, sent.FromRole, sent.To, sent.ToRole, sent.Slot, sent.Message));
    }
}
