using Akka.Actor;

namespace AkkaPaxos.Links;

/// <summary>
/// Finds out, over Akka's remoting, where nodes take direct connections, and tells others where this one does: at <c>/user/paxos/&lt;group&gt;/direct-links</c>
/// of a node. The links end with it.
/// </summary>
internal sealed class LinkFinder : UntypedActor, IWithTimers
{
    /// <summary>Its name, below the group's node.</summary>
    public const string Name = "direct-links";

    // How soon a peer that has come, or has come back, is connected to; until then Akka's remoting takes the messages.
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private sealed class Ask
    {
        public static readonly Ask Instance = new();
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private readonly LinkHub _hub;
    private readonly string _group;
    private readonly IReadOnlyList<LinkPeer> _peers;

    /// <summary>For a node or a client.</summary>
    /// <param name="hub">Its links.</param>
    /// <param name="group">The log's name.</param>
    /// <param name="peers">The nodes to be connected to.</param>
    public LinkFinder(LinkHub hub, string group, IReadOnlyList<LinkPeer> peers) => (_hub, _group, _peers) = (hub, group, peers);

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
            case FindLink:
                if (_hub.Port != 0) Sender.Tell(new LinkAt(_hub.Port), Self);
                break;
            case LinkAt at:
                if (_peers.FirstOrDefault(p => p.Address == $"{Sender.Path.Address}") is { } found) _ = _hub.Connect(found, at.Port);
                break;
            case Ask:
                foreach (var peer in _peers.Where(p => !p.IsConnected)) peer.ByRemoting($"/user/paxos/{_group}/{Name}").Tell(new FindLink(), Self);
                break;
            case Look: _hub.Look(); break;
            default: Unhandled(message); break;
        }
    }
}
