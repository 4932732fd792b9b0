using System.Text;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>The README's example.</summary>
public sealed class PartitionExampleTests
{
    [Fact]
    public void A_minority_that_was_cut_off_catches_up()
    {
        var cluster = SimulatedCluster.Start(seed: 42, nodes: 5, new SimulationSettings { StateMachine = () => new AppendMachine() });
        cluster.Partition("n1", "n2");
        var write = cluster.Submit("a line"u8.ToArray());
        Assert.True(cluster.RunUntil(() => write.IsDone, TimeSpan.FromSeconds(10)));
        cluster.Heal();
        cluster.Quiet();                   // everybody is answered, and all five replicas come to one slot
        var read = cluster.Ask(default);
        Assert.True(cluster.RunUntil(() => read.IsDone, TimeSpan.FromSeconds(1)));
        Assert.Equal("a line", Encoding.UTF8.GetString(read.Answer.Span));
        Assert.Empty(cluster.Violations);  // A1 to A5, C1, C2, R1 to R4, S1, S2 of the design held at every step
    }
}
