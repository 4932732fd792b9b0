using Akka.Actor;
using Akka.Cluster;
using static Akka.Cluster.ClusterEvent;

namespace Akka.Subset.Tests;

/// <summary>What subscribers hear.</summary>
public class ClusterSubscriptionTests
{
    [Fact]
    public async Task A_subscriber_gets_the_state_first_and_then_the_events_of_its_types()
    {
        await using var a = ClusterNode.Start();
        await a.Cluster.JoinAsync(a.Address).WaitAsync(TimeSpan.FromSeconds(60));
        var log = a.Record(InitialStateAsSnapshot, typeof(MemberUp), typeof(MemberJoined));
        await log.Until<CurrentClusterState>(s => s.Members.Single().UniqueAddress == a.Cluster.SelfUniqueAddress);

        await using var b = ClusterNode.Start();
        b.Cluster.Join(a.Address);
        await log.Until<MemberUp>(e => e.Member.UniqueAddress == b.Cluster.SelfUniqueAddress);

        Assert.Equal([typeof(CurrentClusterState), typeof(MemberJoined), typeof(MemberUp)], log.Heard.Select(e => e.GetType()));
        Assert.Equal(MemberStatus.Up, a.StatusOf(b)); // the state is never behind an event
    }

    [Fact]
    public async Task The_state_can_be_had_as_the_events_that_led_to_it()
    {
        var nodes = await ClusterNode.StartCluster("akka.cluster.roles = [x]", "");
        await using var a = nodes[0];
        await using var b = nodes[1];

        var log = b.Record(InitialStateAsEvents, typeof(IClusterDomainEvent));

        await log.Until<RoleLeaderChanged>(e => e.Role == "x" && a.Address.Equals(e.Leader));
        await log.Until<LeaderChanged>(e => Equals(e.Leader, b.Cluster.State.Leader));
        Assert.Empty(log.Of<CurrentClusterState>());
        Assert.Equal(2, log.Of<MemberUp>().Select(e => e.Member.UniqueAddress).Distinct().Count());
    }

    [Fact]
    public async Task Who_unsubscribed_hears_no_more()
    {
        await using var a = ClusterNode.Start();
        await a.Cluster.JoinAsync(a.Address).WaitAsync(TimeSpan.FromSeconds(60));
        var gone = new EventLog();
        var subscriber = a.System.ActorOf(Props.Create(() => new Listener(gone)));
        a.Cluster.Subscribe(subscriber, typeof(MemberUp), typeof(MemberJoined));
        await gone.Until<CurrentClusterState>(_ => true);
        a.Cluster.Unsubscribe(subscriber, typeof(MemberUp));
        var all = a.Record(InitialStateAsSnapshot, typeof(MemberUp));
        await all.Until<CurrentClusterState>(_ => true);

        await using var b = ClusterNode.Start();
        b.Cluster.Join(a.Address);
        await all.Until<MemberUp>(e => e.Member.UniqueAddress == b.Cluster.SelfUniqueAddress);
        await gone.Until<MemberJoined>(e => e.Member.UniqueAddress == b.Cluster.SelfUniqueAddress);
        a.Cluster.Unsubscribe(subscriber);
        await using var c = ClusterNode.Start();
        c.Cluster.Join(a.Address);
        await all.Until<MemberUp>(e => e.Member.UniqueAddress == c.Cluster.SelfUniqueAddress);

        // Sent after all of that, so what it waits behind has been delivered.
        a.Cluster.SendCurrentClusterState(subscriber);
        await gone.Until<CurrentClusterState>(s => s.Members.Count == 3);
        Assert.Equal([typeof(CurrentClusterState), typeof(MemberJoined), typeof(CurrentClusterState)], gone.Heard.Select(e => e.GetType()));
    }

    [Fact]
    public async Task The_last_that_a_subscriber_hears_is_that_the_cluster_shuts_down()
    {
        var nodes = await ClusterNode.StartCluster("", "akka.cluster.run-coordinated-shutdown-when-down = off");
        await using var a = nodes[0];
        await using var b = nodes[1];
        var log = b.Record(InitialStateAsSnapshot, typeof(ClusterShuttingDown));

        a.Cluster.Down(b.Address);

        await log.Until<ClusterShuttingDown>(_ => true);
        Assert.Same(ClusterShuttingDown.Instance, log.Of<ClusterShuttingDown>().Single());
        await ClusterNode.Until(() => b.Cluster.IsTerminated, () => "the cluster part has stopped");
        var late = new TaskCompletionSource();
        b.Cluster.RegisterOnMemberRemoved(() => late.TrySetResult());
        await late.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Settings_come_from_Akkas_keys_with_Akkas_defaults()
    {
        await using var node = ClusterNode.Start("""
            akka.cluster.roles = [a, b]
            akka.cluster.role.a.min-nr-of-members = 2
            akka.cluster.seed-node-timeout = 7s
            akka.cluster.retry-unsuccessful-join-after = off
            akka.cluster.allow-weakly-up-members = off
            """);
        var settings = node.Cluster.Settings;

        Assert.True(settings.Roles.SetEquals(["a", "b"]));
        Assert.Equal(2, settings.MinNrOfMembersOfRole["a"]);
        Assert.Equal(1, settings.MinNrOfMembers);
        Assert.Equal(TimeSpan.FromSeconds(7), settings.SeedNodeTimeout);
        Assert.Null(settings.RetryUnsuccessfulJoinAfter);
        Assert.Null(settings.ShutdownAfterUnsuccessfulJoinSeedNodes);
        Assert.False(settings.AllowWeaklyUpMembers);
        Assert.True(settings.RunCoordinatedShutdownWhenDown);
        Assert.Equal(9, settings.MonitoredByNrOfMembers);
        Assert.Equal(TimeSpan.FromMilliseconds(100), settings.GossipInterval);
        Assert.Equal(typeof(NoDowning), settings.DowningProviderType);
        Assert.Empty(settings.SeedNodes);
    }

    private sealed class Listener(EventLog log) : UntypedActor
    {
        protected override void OnReceive(object message) => log.Add(message);
    }
}
