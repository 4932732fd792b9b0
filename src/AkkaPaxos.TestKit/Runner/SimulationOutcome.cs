using AkkaPaxos.TestKit.Linearizability;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Runner;

/// <summary>What became of a run.</summary>
public sealed class SimulationOutcome
{
    private readonly SimulatedCluster? _cluster;

    internal SimulationOutcome(SimulationCase @case, SimulatedCluster? cluster, Violation? violation) =>
        (Case, _cluster, Violation) = (@case, cluster, violation);

    /// <summary>The run.</summary>
    public SimulationCase Case { get; }

    /// <summary>What did not hold first; null where everything did.</summary>
    public Violation? Violation { get; }

    /// <summary>What clients saw, where no order explains it; null otherwise.</summary>
    public HistoryReport? Unexplained => _cluster?.Unexplained;

    /// <summary>How often each invariant was checked.</summary>
    public IReadOnlyDictionary<string, long> Checks => _cluster?.Checks ?? new Dictionary<string, long>();

    /// <summary>How often each fault happened.</summary>
    public IReadOnlyDictionary<string, long> Faults => _cluster?.Faults ?? new Dictionary<string, long>();

    /// <summary>Those of the faults that have a number.</summary>
    public IReadOnlyList<string> NumberedFaults => _cluster?.NumberedFaults ?? [];

    /// <summary>Messages that left a node.</summary>
    public long Messages => _cluster?.Messages ?? 0;

    /// <summary>Slots in which a value was chosen.</summary>
    public long Chosen => _cluster?.Chosen ?? 0;

    /// <summary>Operations that clients began.</summary>
    public long Operations => _cluster?.Operations ?? 0;

    /// <summary>Operations that clients have an answer to.</summary>
    public long Answered => _cluster is null ? 0 : _cluster.Written + _cluster.Read;

    /// <summary>A number for all that happened: equal for equal runs.</summary>
    public ulong TraceHash => _cluster?.TraceHash ?? 0;

    /// <summary>The virtual time at the end.</summary>
    public TimeSpan VirtualTime => _cluster?.Now ?? TimeSpan.Zero;

    /// <summary>How long the cluster took to decide again after the last fault; null where it did not come to that.</summary>
    public TimeSpan? Recovery => _cluster?.Recovery;

    /// <summary>The last events as a sequence diagram, where the run was to keep them.</summary>
    public string Drawing => _cluster?.Draw() ?? "";
}
