using Akka.Actor;

namespace AkkaPaxos.Links;

/// <summary>
/// Finds out, over Akka's remoting, where nodes take direct connections, and has them connected to; looks after the connections, which end with it. One for a
/// node, and one for each node that a client speaks to.
/// </summary>
internal sealed class LinkFinder : UntypedActor, IWithTimers
{
    // How soon a peer that has come, or has come back, is connected to; until then Akka's remoting takes the messages.
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    // Most peers are there within so many; one that is not may be down for long, or take no direct connections at all.
    private const int OftenAsks = 25;
    private const int SeldomAsks = 10;

    private sealed class Ask
    {
        public static readonly Ask Instance = new();
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private readonly LinkHub _hub;
    private readonly string _whom;
    private readonly IReadOnlyList<LinkPeer> _peers;
    private long _asks;

    /// <summary>For a node or a client.</summary>
    /// <param name="hub">Its links.</param>
    /// <param name="whom">The path of the actor that answers <see cref="FindLink"/> at a node.</param>
    /// <param name="peers">The nodes to be connected to.</param>
    public LinkFinder(LinkHub hub, string whom, IReadOnlyList<LinkPeer> peers) => (_hub, _whom, _peers) = (hub, whom, peers);

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _hub.Open();
        Timers.StartPeriodicTimer(Ask.Instance, Ask.Instance, TimeSpan.Zero, AskInterval);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, LookInterval);
    }

    protected override void PostStop() => _hub.Dispose();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkAt at:
                if (_peers.FirstOrDefault(p => p.Address == $"{Sender.Path.Address}") is { } found) _ = _hub.Connect(found, at.Port);
                break;
            case Ask:
                if (++_asks > OftenAsks && _asks % SeldomAsks != 0) break;
                foreach (var peer in _peers.Where(p => !p.IsConnected)) peer.ByRemoting(_whom).Tell(new FindLink(), Self);
                break;
            case Look: _hub.Look(); break;
            default: Unhandled(message); break;
        }
    }
}
