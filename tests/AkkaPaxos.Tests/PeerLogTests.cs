using Akka.Event;
using Akka.TestKit.Xunit2;
using AkkaPaxos.Consensus;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>What a node says of the members that it reaches, or not.</summary>
public sealed class PeerLogTests : TestKit
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private readonly PeerLog _log;

    public PeerLogTests()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Info));
        _log = new PeerLog(Logging.GetLogger(Sys, typeof(PeerLogTests)), [Member(2), Member(3)], Start);
    }

    private static Member Member(int id) => new(new NodeId(id), $"akka.tcp://a@b:{id}");

    private void Reached(double at, params int[] nodes) => _log.Reached(nodes.Select(n => new NodeId(n)).ToHashSet(), Start.AddSeconds(at));

    private void Says(string text) => Assert.Equal(text, $"{ExpectMsg<Info>(InTime).Message}");

    private void SaysNothing()
    {
        // What was said before this would be there before it.
        Sys.EventStream.Publish(new Info("test", typeof(PeerLogTests), "now"));
        Says("now");
    }

    [Fact]
    public void Members_that_answer_in_good_time_are_not_spoken_of()
    {
        Reached(0);
        Reached(9, 2);
        Reached(10, 2, 3);
        Reached(100, 2, 3);
        SaysNothing();
    }

    [Fact]
    public void A_member_that_never_answered_is_missed_after_a_while()
    {
        Reached(9, 2);
        SaysNothing();
        Reached(11, 2);
        Says("node 3 at akka.tcp://a@b:3 does not answer");
    }

    [Fact]
    public void A_member_that_falls_silent_is_named_at_once_with_the_reason_and_again_when_it_is_back()
    {
        Reached(1, 2, 3);
        _log.ConnectionFailed("akka.tcp://a@b:3", "Connection refused tcp://a@b:3");
        Reached(2, 2);
        Says("node 3 at akka.tcp://a@b:3 does not answer: Connection refused");
        Reached(63, 2, 3);
        Says("node 3 at akka.tcp://a@b:3 answers");
    }

    [Fact]
    public void A_member_that_comes_and_goes_is_one_line_a_minute()
    {
        Reached(1, 2, 3);
        Reached(2, 2);
        Says("node 3 at akka.tcp://a@b:3 does not answer");
        for (var at = 3; at < 61; at += 2)
        {
            Reached(at, 2, 3);
            Reached(at + 1, 2);
        }
        SaysNothing();
        Reached(62, 2, 3);
        Says("node 3 at akka.tcp://a@b:3 answers");
        // The other one is not held up by it.
        Reached(63, 3);
        Says("node 2 at akka.tcp://a@b:2 does not answer");
        // As it was when last spoken of: nothing to say.
        Reached(64);
        Reached(130, 3);
        SaysNothing();
    }
}
