using System.Diagnostics;

namespace AkkaPaxos.TestKit.Runner;

/// <summary>Many runs, on several threads; each is one thread's from its start to its end. The first violation ends them all.</summary>
public sealed class Campaign
{
    private readonly SortedDictionary<string, long> _faults = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _checks = new(StringComparer.Ordinal);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Lock _lock = new();

    /// <summary>Runs that have ended.</summary>
    public int Runs { get; private set; }

    /// <summary>Runs in which no operation was answered.</summary>
    public int Idle { get; private set; }

    /// <summary>Messages of all runs.</summary>
    public long Messages { get; private set; }

    /// <summary>Operations of clients that were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>The virtual time of all runs together.</summary>
    public TimeSpan VirtualTime { get; private set; }

    /// <summary>The longest that a cluster took to decide again after its last fault.</summary>
    public TimeSpan SlowestRecovery { get; private set; }

    /// <summary>The run with that.</summary>
    public SimulationCase? Slowest { get; private set; }

    /// <summary>How often each fault happened.</summary>
    public IReadOnlyDictionary<string, long> Faults => _faults;

    /// <summary>How often each invariant was checked.</summary>
    public IReadOnlyDictionary<string, long> Checks => _checks;

    /// <summary>Of the runs with a violation the one with the lowest seed; null where all held.</summary>
    public SimulationOutcome? Failed { get; private set; }

    /// <summary>How long it has taken.</summary>
    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>Runs every case, or as far as the first violation.</summary>
    /// <param name="cases">The runs, in this order.</param>
    /// <param name="threads">How many at a time.</param>
    /// <param name="ended">Called after each run, one at a time.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static Campaign Run(IEnumerable<SimulationCase> cases, int threads, Action? ended = null, CancellationToken cancel = default)
    {
        var campaign = new Campaign();
        ParallelRuns.Of(cases, threads, outcome =>
        {
            lock (campaign._lock)
            {
                campaign.Add(outcome);
                ended?.Invoke();
            }
            return outcome.Violation is null;
        }, cancel);
        campaign._watch.Stop();
        return campaign;
    }

    private void Add(SimulationOutcome outcome)
    {
        Runs++;
        if (outcome.Answered == 0) Idle++;
        Messages += outcome.Messages;
        Answered += outcome.Answered;
        VirtualTime += outcome.VirtualTime;
        foreach (var (fault, times) in outcome.Faults) _faults[fault] = _faults.GetValueOrDefault(fault) + times;
        foreach (var (check, times) in outcome.Checks) _checks[check] = _checks.GetValueOrDefault(check) + times;
        if (outcome.Recovery > SlowestRecovery) (SlowestRecovery, Slowest) = (outcome.Recovery.Value, outcome.Case);
        if (outcome.Violation is not null && (Failed is null || outcome.Case.Seed < Failed.Case.Seed)) Failed = outcome;
    }
}
