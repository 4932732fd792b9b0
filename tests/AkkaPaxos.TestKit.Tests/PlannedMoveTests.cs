using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>A node is told to lead while another one does, and clients of all nodes write and read all the time.</summary>
public sealed class PlannedMoveTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    [InlineData(290)]
    public void It_comes_to_lead_at_the_first_asking_also_while_acceptors_are_bound_to_the_other_one_by_a_lease(int leaseMilliseconds)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var cluster = SimulatedCluster.Start(seed, 3, new SimulationSettings
            {
                StateMachine = () => new AppendMachine(),
                Roles = new Dictionary<string, Type> { ["local"] = typeof(LocalClient) },
                Protocol = MultiPaxosNode.Settings() with { ReadLease = TimeSpan.FromMilliseconds(leaseMilliseconds), ClockDrift = 0.01 },
            });
            Assert.True(cluster.RunUntil(() => cluster.Leader is not null, TimeSpan.FromSeconds(2)));
            cluster.RunFor(TimeSpan.FromSeconds(2));
            for (var node = 1; node <= 3; node++)
            {
                if (cluster.Leader == $"n{node}") continue;
                var ballot = ((ReplicaStatus)cluster.Ask($"n{node}", "replica", GetReplicaStatus.Instance).Single()).Ballot;
                cluster.Tell($"n{node}", "leader", new Lead(ballot));
                Assert.True(cluster.RunUntil(() => cluster.Leader == $"n{node}", TimeSpan.FromSeconds(1)), $"seed {seed}: {cluster.Leader} leads, not n{node}");
                cluster.RunFor(TimeSpan.FromSeconds(1));
                Assert.Equal($"n{node}", cluster.Leader);
                foreach (var client in (int[])[1, 2, 3])
                    Assert.InRange(((LocalClient.Service)cluster.Ask($"n{client}", "local", LocalClient.HowWasIt.Instance).Single()).Longest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            }
            cluster.Quiet();
            Assert.Empty(cluster.Violations);
        }
    }
}
