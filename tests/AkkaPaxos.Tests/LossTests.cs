using Akka.Actor;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>Three leaders and three acceptors, all real, over links that lose, repeat and reorder messages.</summary>
public class LossTests : RoleTestBase
{
    /// <summary>A link to an actor that loses, repeats and delays messages; the answers come back over such a link too.</summary>
    private sealed class Link(IActorRef to, int seed) : UntypedActor, IWithTimers
    {
        private sealed record Late(object Message, IActorRef Sender);

        private readonly Random _random = new(seed);
        private readonly Dictionary<IActorRef, IActorRef> _back = [];
        private long _late;

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            if (message is Late late)
            {
                to.Tell(late.Message, late.Sender);
                return;
            }

            if (Sender.IsNobody()) return;
            if (!_back.TryGetValue(Sender, out var back))
                _back.Add(Sender, back = Context.ActorOf(Props.Create(typeof(Way), Sender, _random.Next())));
            for (var copies = _random.Next(10) switch { 0 or 1 => 0, 2 or 3 => 2, _ => 1 }; copies > 0; copies--)
            {
                if (_random.Next(2) == 0) to.Tell(message, back);
                else Timers.StartSingleTimer(_late++, new Late(message, back), TimeSpan.FromMilliseconds(_random.Next(1, 40)));
            }
        }
    }

    /// <summary>The way back: as bad as the way there.</summary>
    private sealed class Way(IActorRef to, int seed) : UntypedActor, IWithTimers
    {
        private sealed record Late(object Message);

        private readonly Random _random = new(seed);
        private long _late;

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            if (message is Late late)
            {
                to.Tell(late.Message, ActorRefs.NoSender);
                return;
            }

            for (var copies = _random.Next(10) switch { 0 or 1 => 0, 2 or 3 => 2, _ => 1 }; copies > 0; copies--)
                Timers.StartSingleTimer(_late++, new Late(message), TimeSpan.FromMilliseconds(_random.Next(1, 20)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Slots_go_on_being_decided_and_none_has_two_values(int seed)
    {
        Settings = Settings with
        {
            HeartbeatInterval = TimeSpan.FromMilliseconds(20), ResendInterval = TimeSpan.FromMilliseconds(40),
            LeaderTimeout = TimeSpan.FromMilliseconds(100),
            LeaderTimeoutMax = TimeSpan.FromMilliseconds(400), LeaderTimeoutStep = TimeSpan.FromMilliseconds(20), PageBytes = 100,
        };
        var log = new DecidedLog();
        int[] nodes = [1, 2, 3];
        foreach (var node in nodes) Bad("acceptor", node, Start("acceptor", typeof(Acceptor), node));
        IActorRef[] leaders = [.. nodes.Select(node => Start("leader", typeof(Leader), node))];
        foreach (var node in nodes)
        {
            Bad("leader", node, leaders[node - 1]);
            Peers.Put("replica", node, Sys.ActorOf(Props.Create(typeof(Proposer), node, leaders[node - 1], log), $"proposer-{node}"));
        }

        AwaitCondition(() => log.Slots >= 100, TimeSpan.FromSeconds(60));

        // A leader that everyone takes for dead is preempted amid its work, again and again.
        for (var round = 0; round < 5; round++)
        {
            var slots = log.Slots;
            leaders[round % 3].Tell(new Preempted(new(1000 * (round + 1), new(3 - round % 3))));
            AwaitCondition(() => log.Slots >= slots + 50, TimeSpan.FromSeconds(60));
        }

        log.AssertOneValueASlot();

        void Bad(string role, int node, IActorRef actor) =>
            Peers.Put(role, node, Sys.ActorOf(Props.Create(typeof(Link), actor, seed * 100 + node), $"link-to-{role}-{node}"));
    }
}
