using AkkaPaxos.Cli;
using Xunit.Abstractions;

namespace AkkaPaxos.Cluster.Tests;

// The same tests on nodes with the settings of hocon/fast.conf.

public sealed class FastLeaderKilledTests(ITestOutputHelper output) : LeaderKilledTests(output)
{
    protected override IReadOnlyList<string> Variant => LocalCluster.Fast;
}

public sealed class FastLinearizableUnderKillsTests(ITestOutputHelper output) : LinearizableUnderKillsTests(output)
{
    protected override IReadOnlyList<string> Variant => LocalCluster.Fast;
}

public sealed class FastLinearizableUnderKillsAndCutsTests(ITestOutputHelper output) : LinearizableUnderKillsAndCutsTests(output)
{
    protected override IReadOnlyList<string> Variant => LocalCluster.Fast;
}

public sealed class FastLinearizableUnderPartitionsTests(ITestOutputHelper output) : LinearizableUnderPartitionsTests(output)
{
    protected override IReadOnlyList<string> Variant => LocalCluster.Fast;
}
