using Akka.Actor;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Links;

/// <summary>
/// Finds out, over Akka's remoting, where nodes take direct connections, and has them connected to; looks after the connections, which end with it. An actor
/// system has one.
/// </summary>
internal sealed class LinkFinder : UntypedActor, IWithTimers
{
    /// <summary>To the finder: a node that is to be connected to.</summary>
    /// <param name="Peer">The node.</param>
    /// <param name="Whom">The path of the actor there that answers <see cref="FindLink"/>.</param>
    public sealed record Seek(LinkPeer Peer, string Whom) : INodeMessage;

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
    private readonly Dictionary<Seek, long> _asked = []; // how often since it was connected to

    /// <summary>For a node or a client.</summary>
    /// <param name="hub">Its links.</param>
    public LinkFinder(LinkHub hub) => _hub = hub;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _hub.Open();
        Timers.StartPeriodicTimer(Ask.Instance, Ask.Instance, AskInterval);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, LookInterval);
    }

    protected override void PostStop() => _hub.Dispose();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Seek seek:
                if (_asked.TryAdd(seek, 0)) AskFor(seek);
                break;
            case LinkAt at:
                if (_asked.Keys.FirstOrDefault(s => s.Peer.Address == $"{Sender.Path.Address}") is { } found) _ = _hub.Connect(found.Peer, at.Port);
                break;
            case Ask:
                foreach (var sought in _asked.Keys.ToList()) AskFor(sought);
                break;
            case Look: _hub.Look(); break;
            default: Unhandled(message); break;
        }
    }
    private void AskFor(Seek sought)
    {
        if (sought.Peer.IsConnected)
        {
            _asked[sought] = 0;
            return;
        }
        var times = ++_asked[sought];
        if (times <= OftenAsks || times % SeldomAsks == 0) sought.Peer.ByRemoting(sought.Whom).Tell(new FindLink(), Self);
    }
}
