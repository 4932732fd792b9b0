namespace AkkaPaxos.TestKit.Runner;

/// <summary>
/// Makes a failing run smaller, so that a person can follow it: fewer faults, fewer nodes, clients and operations, less time, for as long as the
/// same invariant is violated. Every smaller run is tried out; delta debugging (Zeller 2002) finds the faults that are needed.
/// </summary>
public sealed class Shrinker
{
    private readonly string _invariant;
    private readonly int _mostRuns;
    private readonly Action<int>? _tried;
    private readonly CancellationToken _cancel;

    private Shrinker(SimulationOutcome failed, int mostRuns, Action<int>? tried, CancellationToken cancel)
    {
        _invariant = failed.Violation?.Invariant ?? throw new ArgumentException("nothing is violated in this run", nameof(failed));
        (Smallest, _mostRuns, _tried, _cancel) = (failed, mostRuns, tried, cancel);
    }

    /// <summary>The smallest run so far.</summary>
    public SimulationOutcome Smallest { get; private set; }

    /// <summary>Runs that were tried.</summary>
    public int Runs { get; private set; }

    private SimulationCase Case => Smallest.Case;

    private bool IsOver => Runs >= _mostRuns;

    /// <summary>Makes a run smaller.</summary>
    /// <param name="failed">A run with a violation.</param>
    /// <param name="mostRuns">After so many tries it is small enough.</param>
    /// <param name="tried">Called after each try with their number.</param>
    /// <param name="cancel">Ends it early, with what was found by then.</param>
    /// <exception cref="ArgumentException">Nothing is violated in the run.</exception>
    public static Shrinker Shrink(SimulationOutcome failed, int mostRuns = 400, Action<int>? tried = null, CancellationToken cancel = default)
    {
        var shrinker = new Shrinker(failed, mostRuns, tried, cancel);
        SimulationCase before;
        do
        {
            before = shrinker.Case;
            shrinker.EndEarly();
            shrinker.LeaveOutKinds();
            shrinker.FewerNodes();
            shrinker.FewerClients();
            shrinker.FewerOperations();
            shrinker.FewerMessageFaults();
            shrinker.LeaveOutSingleFaults();
        }
        while (!shrinker.IsOver && !cancel.IsCancellationRequested && shrinker.Case != before);
        return shrinker;
    }

    private bool Try(SimulationCase smaller)
    {
        if (IsOver || _cancel.IsCancellationRequested || smaller == Case) return false;
        Runs++;
        var outcome = smaller.Run();
        _tried?.Invoke(Runs);
        if (outcome.Violation?.Invariant != _invariant) return false;
        Smallest = outcome;
        return true;
    }

    // Just behind the violation where it came before the faults ended: the run until then is the same. Else less and less time.
    private void EndEarly()
    {
        var at = Smallest.Violation!.At + TimeSpan.FromMicroseconds(1);
        if (at < Case.Time && Try(Case with { Time = at })) return;
        while (Case.Time > TimeSpan.FromMilliseconds(100) && Try(Case with { Time = Case.Time / 2 }))
        {
        }
    }

    private void LeaveOutKinds()
    {
        foreach (var kind in SimulationCase.FaultKinds.Where(Smallest.Faults.ContainsKey).Except(Case.Without).ToList())
            Try(Case with { Without = [.. Case.Without.Where(w => !w.StartsWith(kind + ".", StringComparison.Ordinal)), kind] });
    }

    private void LeaveOutSingleFaults()
    {
        var left = Smallest.NumberedFaults.Except(Case.Without).ToList();
        for (var size = Math.Max(1, left.Count / 2); size >= 1 && left.Count > 0; size /= 2)
            for (var from = 0; from < left.Count && !IsOver;)
            {
                var some = left.GetRange(from, Math.Min(size, left.Count - from));
                if (Try(Case with { Without = [.. Case.Without, .. some] })) left.RemoveRange(from, some.Count);
                else from += size;
            }
    }

    private void FewerNodes()
    {
        for (var nodes = 3; nodes < Case.Nodes; nodes += 2)
            if (Try(Case with { Nodes = nodes })) return;
    }

    private void FewerClients()
    {
        for (var clients = 1; clients < (Case.Clients ?? Case.Settings().Clients); clients++)
            if (Try(Case with { Clients = clients })) return;
    }

    private void FewerOperations()
    {
        var (fails, holds) = (Case.Operations ?? Smallest.Operations, -1L);
        while (fails - holds > 1 && !IsOver && !_cancel.IsCancellationRequested)
        {
            var middle = (fails + holds) / 2;
            if (Try(Case with { Operations = middle })) fails = middle;
            else holds = middle;
        }
    }

    private void FewerMessageFaults()
    {
        if (!Smallest.Faults.Keys.Any(k => k is "drop" or "duplicate" or "delay" or "reorder")) return;
        for (var i = 0; i < 8; i++)
        {
            var (from, until) = (Case.MessageFaultsFrom ?? TimeSpan.Zero, Case.MessageFaultsUntil ?? Smallest.VirtualTime);
            if (until - from < TimeSpan.FromMilliseconds(1)) return;
            var middle = (from + until) / 2;
            if (!Try(Case with { MessageFaultsFrom = middle }) && !Try(Case with { MessageFaultsUntil = middle })) return;
        }
    }
}
