using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Node;

/// <summary>
/// Says which members a node reaches, at most a line a minute for each: what changes back and forth meanwhile is said when the minute is over, if it is
/// not as it was. A member that has never been reached is said to be missing after a while.
/// </summary>
internal sealed class PeerLog
{
    // Longer than members that are started together take, and than a garbage collection.
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private sealed class Peer(string address)
    {
        public string Address { get; } = address;
        public bool IsReached { get; set; }
        public bool IsSaidToBe { get; set; } = true;
        public DateTimeOffset? SaidAt { get; set; }
        public string? Why { get; set; }
    }

    private readonly ILoggingAdapter _log;
    private readonly DateTimeOffset _start;
    private readonly SortedDictionary<NodeId, Peer> _peers = [];

    /// <summary>Says something of these members from now on.</summary>
    public PeerLog(ILoggingAdapter log, IEnumerable<Member> peers, DateTimeOffset now)
    {
        (_log, _start) = (log, now);
        foreach (var peer in peers) _peers.Add(peer.Id, new Peer(peer.Address));
    }

    /// <summary>A connection to an address failed: the reason, in case its member is not reached.</summary>
    public void ConnectionFailed(string address, string why)
    {
        foreach (var peer in _peers.Values.Where(p => p.Address == address)) peer.Why = why.Replace(address["akka.".Length..], "").TrimEnd();
    }

    /// <summary>These are reached at this time, and no other.</summary>
    public void Reached(IReadOnlySet<NodeId> nodes, DateTimeOffset now)
    {
        foreach (var (id, peer) in _peers)
        {
            if (nodes.Contains(id)) (peer.IsReached, peer.Why) = (true, null);
            else if (peer.IsReached || now - _start > Unheard) peer.IsReached = false;
            else continue; // not yet
            if (peer.IsReached == peer.IsSaidToBe || now - peer.SaidAt < Pause) continue;
            (peer.IsSaidToBe, peer.SaidAt) = (peer.IsReached, now);
            if (peer.IsReached) _log.Info("node {0} at {1} answers", id, peer.Address);
            else _log.Info("node {0} at {1} does not answer{2}", id, peer.Address, peer.Why is { } why ? $": {why}" : "");
        }
    }
}
