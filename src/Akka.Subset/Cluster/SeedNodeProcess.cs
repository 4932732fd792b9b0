using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster;

/// <summary>
/// Finds a seed that is part of a cluster. The first seed of the list, and only that one, forms a cluster by itself when each other
/// seed says that it is in none, or when none answers in time: so a whole cluster that starts anew comes together as one.
/// </summary>
internal sealed class SeedNodeProcess : UntypedActor, IWithTimers
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private readonly Cluster _cluster;
    private readonly bool _isFirst;
    private readonly ImmutableList<Address> _seeds;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ImmutableList<Address> _remaining;
    private int _attempts;

    public SeedNodeProcess(Cluster cluster, ImmutableList<Address> seeds)
    {
        _cluster = cluster;
        _seeds = seeds;
        _isFirst = seeds[0].Equals(cluster.SelfAddress);
        _remaining = seeds.Where(s => !s.Equals(cluster.SelfAddress)).Distinct().ToImmutableList();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        var timeout = _cluster.Settings.SeedNodeTimeout;
        if (_isFirst) Timers.StartSingleTimer("time-out", new TimeOut(), timeout);
        else Timers.StartPeriodicTimer("time-out", new TimeOut(), timeout);
        Timers.StartPeriodicTimer("ask", new AskSeeds(), AskAgain < timeout ? AskAgain : timeout);
        Ask();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AskSeeds:
                Ask();
                break;
            case InitJoinAck ack:
                _cluster.LogInfo($"Received InitJoinAck message from {Sender} to [{_cluster.SelfAddress}]");
                JoinThrough(ack.Address);
                break;
            case InitJoinNack nack when _isFirst:
                _cluster.LogInfo($"Received InitJoinNack message from {Sender} to [{_cluster.SelfAddress}]");
                _remaining = _remaining.Remove(nack.Address);
                if (_remaining.IsEmpty) JoinThrough(_cluster.SelfAddress);
                break;
            case InitJoinNack:
                break; // that seed is not ready; it will be asked again
            case TimeOut when _isFirst:
                JoinThrough(_cluster.SelfAddress);
                break;
            case TimeOut:
                _attempts++;
                _log.Warning("Couldn't join seed nodes after [{0}] attempts, will try again. seed-nodes=[{1}]", _attempts, string.Join(", ", _seeds));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Ask()
    {
        foreach (var seed in _remaining) ClusterPaths.Core(_cluster, seed).Tell(new InitJoin());
    }

    private void JoinThrough(Address address)
    {
        Context.Parent.Tell(new ClusterUserAction.JoinTo(address));
        Timers.CancelAll();
        Become(_ => { }); // later answers make no difference; the parent stops this actor when it has joined
    }

    private sealed record AskSeeds;

    private sealed record TimeOut;
}
