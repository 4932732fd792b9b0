using System.Collections.Concurrent;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>Two leaders against three acceptors, all of them real, in real time: the duel that the first seed draws, and its end.</summary>
public class DuelTests : RoleTestBase
{
    /// <summary>A node's replica as far as leaders notice: it proposes its own values for slot after slot, learns, and tells its leader how far it is.</summary>
    private sealed class Proposer(
        int self, IActorRef[] leaders, ConcurrentQueue<(long Slot, Value Value)> decided, ConcurrentQueue<LeaderChanged> changes)
        : UntypedActor, IWithTimers
    {
        private readonly Dictionary<(long, Ballot), Value> _learned = [];
        private readonly Dictionary<long, Value> _decisions = [];
        private long _slotOut = 1;

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("tick", "tick", TimeSpan.FromMilliseconds(10));

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "tick":
                    for (var slot = _slotOut; slot < _slotOut + 4; slot++)
                        foreach (var leader in leaders)
                            leader.Tell(new Propose(slot, V($"node {self} for slot {slot}")), Self);
                    break;
                case Learned m:
                    _learned[(m.PValue.Slot, m.PValue.Ballot)] = m.PValue.Value;
                    break;
                case Decision m:
                    if ((m.Value ?? _learned.GetValueOrDefault((m.Slot, m.Ballot))) is not { } value) break;
                    decided.Enqueue((m.Slot, value));
                    _decisions[m.Slot] = value;
                    while (_decisions.ContainsKey(_slotOut)) _slotOut++;
                    leaders[self - 1].Tell(new Executed(_slotOut), Self);
                    break;
                case LeaderChanged m:
                    changes.Enqueue(m);
                    break;
            }
        }
    }

    [Fact]
    public void They_preempt_each_other_while_they_cannot_hear_each_other_then_come_to_rest_and_never_decide_two_values_for_a_slot()
    {
        Settings = Settings with
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(20), ResendInterval = TimeSpan.FromMilliseconds(50), LeaderTimeout = TimeSpan.FromMilliseconds(150),
            LeaderTimeoutMax = TimeSpan.FromMilliseconds(300), LeaderTimeoutStep = TimeSpan.FromMilliseconds(20),
        };
        var decided = new ConcurrentQueue<(long Slot, Value Value)>();
        ConcurrentQueue<LeaderChanged>[] changes = [new(), new()];
        foreach (var node in (int[])[1, 2, 3]) Start("acceptor", typeof(Acceptor), node);

        // Heartbeats go to probes at first: each leader takes the other's silence for its death.
        IActorRef[] leaders = [.. ((int[])[1, 2]).Select(node => Sys.ActorOf(Props.Create(typeof(Leader), Node(node)), $"duelist-{node}"))];
        for (var node = 1; node <= 2; node++)
            Peers.Put("replica", node, Sys.ActorOf(Props.Create(typeof(Proposer), node, leaders, decided, changes[node - 1]), $"proposer-{node}"));

        AwaitCondition(() => Preemptions(0) >= 3 && Preemptions(1) >= 3, TimeSpan.FromSeconds(60));

        for (var node = 1; node <= 2; node++) Peers.Put("leader", node, leaders[node - 1]);
        AwaitCondition(AtRest, TimeSpan.FromSeconds(60));

        var slots = decided.GroupBy(d => d.Slot).ToList();
        Assert.True(slots.Count > 5, $"only {slots.Count} slots were decided");
        Assert.All(slots, slot => Assert.Single(slot.Select(d => d.Value).Distinct()));

        int Preemptions(int node) => changes[node].Count(c => !c.IsActive && c.Ballot.Leader.Value != node + 1);

        // Both know one active leader, and for a second nothing changes while slots go on being decided.
        bool AtRest()
        {
            var (before, count) = ((changes[0].Count, changes[1].Count), decided.Count);
            Thread.Sleep(1000);
            return changes[0].LastOrDefault() is { IsActive: true } first && first == changes[1].LastOrDefault()
                && before == (changes[0].Count, changes[1].Count) && decided.Count > count;
        }
    }
}
