using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>Two leaders against three acceptors, all of them real, in real time: the duel that the first seed draws, and its end.</summary>
public class DuelTests : RoleTestBase
{
    [Fact]
    public void They_preempt_each_other_while_they_cannot_hear_each_other_then_come_to_rest_and_never_decide_two_values_for_a_slot()
    {
        Settings = Settings with
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(20), ResendInterval = TimeSpan.FromMilliseconds(50),
            LeaderTimeout = TimeSpan.FromMilliseconds(150),
            LeaderTimeoutMax = TimeSpan.FromMilliseconds(300), LeaderTimeoutStep = TimeSpan.FromMilliseconds(20),
        };
        var log = new DecidedLog();
        foreach (var node in (int[])[1, 2, 3]) Start("acceptor", typeof(Acceptor), node);

        // Heartbeats go to probes at first, and the third leader says whenever it is asked that it hears nobody.
        Peers.LeaderProbe(3).SetAutoPilot(new DelegateAutoPilot((leader, message) =>
        {
            if (message is Poll poll) leader.Tell(new PollResult(new NodeId(3), poll.Id, Ballot.Bottom, false, null));
            return AutoPilot.KeepRunning;
        }));
        IActorRef[] leaders = [.. ((int[])[1, 2]).Select(node => Sys.ActorOf(Props.Create(typeof(Leader), Node(node)), $"duelist-{node}"))];
        for (var node = 1; node <= 2; node++)
            Peers.Put("replica", node, Sys.ActorOf(Props.Create(typeof(Proposer), node, leaders[node - 1], log), $"proposer-{node}"));

        AwaitCondition(() => Preemptions(1) >= 3 && Preemptions(2) >= 3, TimeSpan.FromSeconds(60));

        for (var node = 1; node <= 2; node++) Peers.Put("leader", node, leaders[node - 1]);
        AwaitCondition(AtRest, TimeSpan.FromSeconds(60));

        log.AssertOneValueASlot();
        Assert.True(log.Slots > 5, $"only {log.Slots} slots were decided");

        int Preemptions(int node) => log.Changes(node).Count(c => !c.IsActive && c.Ballot.Leader.Value != node);

        // Both know one active leader, and for a second nothing changes while slots go on being decided.
        bool AtRest()
        {
            var (first, second, slots) = (log.Changes(1), log.Changes(2), log.Slots);
            Thread.Sleep(1000);
            return first.LastOrDefault() is { IsActive: true } leads && leads == second.LastOrDefault()
                && log.Changes(1).Count == first.Count && log.Changes(2).Count == second.Count && log.Slots > slots;
        }
    }
}
