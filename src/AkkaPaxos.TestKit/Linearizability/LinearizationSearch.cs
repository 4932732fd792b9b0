using System.Runtime.InteropServices;

namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// Searches an order of operations that explains their answers: Wing and Gong's search (Testing and verifying concurrent objects, 1993) over a linked
/// list of calls and returns, with the memory that Lowe gave it. It can be interrupted after any number of steps, and go on.
/// </summary>
/// <remarks>
/// What may be next are the operations that were invoked before the first return of one that is not in the order yet. Of these
/// <list type="bullet">
/// <item>one that is read-only, and whose answer fits, is next without an alternative: wherever else it stands in an order, it can be moved
/// here.</item>
/// <item>open ones come last, those that leave the state as it is not at all, and of several equal ones only the first.</item>
/// </list>
/// The search is over when all that returned are in the order.
/// </remarks>
internal sealed class LinearizationSearch<TState, TCall, TResult>
{
    private const int Head = 0;

    private readonly Model<TState, TCall, TResult> _model;
    private readonly IEqualityComparer<TState> _states;
    private readonly List<Operation<TCall, TResult>> _returned = [], _open = []; // in the order of invocations
    private readonly Observations<TState, TCall>? _observations;
    private readonly bool _mayRepeat;

    // The list: entry 0 is its head, then the calls and returns of what returned, in their order.
    private readonly int[] _next, _previous, _callOf, _returnOf;
    private readonly int[] _operation; // of an entry; of a return ~operation

    private readonly List<int> _entriesBefore = []; // for each open operation: the number of the last entry before its invocation
    private readonly List<int> _equalBefore = [];   // and the open operation before it with an equal call; -1: there is none

    private readonly LinearizedSet _linearized;
    private readonly ulong[] _linearizedOpen;
    private readonly VisitedConfigurations<TState> _visited;
    private readonly List<Node> _path = [];                                 // from the initial state to where the search is
    private readonly List<(int Operation, TState Next)> _alternatives = []; // those of the path's nodes, each node's after its predecessor's
    private int _remaining;
    private int _most = -1;
    private int[] _longest = [];
    private int _furthest;

    /// <param name="State">The state there.</param>
    /// <param name="By">The operation that led there; of an open one its complement.</param>
    /// <param name="Alternatives">How many alternatives its predecessors have.</param>
    private record struct Node(TState State, int By, int Alternatives)
    {
        public bool HasTriedOpen;
    }

    /// <param name="model">What explains answers.</param>
    /// <param name="operations">A history, in any order.</param>
    /// <param name="mayRepeat">Whether open operations may take effect more than once.</param>
    public LinearizationSearch(Model<TState, TCall, TResult> model, IReadOnlyList<Operation<TCall, TResult>> operations, bool mayRepeat = false)
    {
        _mayRepeat = mayRepeat;
        (_model, _states, _observations) = (model, model.States, model.Observations(operations));
        var events = new List<(long At, bool IsReturn, int Operation)>(2 * operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            events.Add((operations[i].Invoked, false, i));
            if (operations[i].Returned is { } returned) events.Add((returned, true, i));
        }
        events.Sort(); // calls before returns at the same time, so that the two overlap

        var number = new int[operations.Count];
        List<int> entries = [0], calls = [], returns = [];
        Dictionary<ValueTuple<TCall>, int> lastEqual = []; // a tuple, as a call may be null
        foreach (var (_, isReturn, i) in events)
        {
            var operation = operations[i];
            if (operation.IsOpen)
            {
                _equalBefore.Add(lastEqual.GetValueOrDefault(new(operation.Call), -1));
                lastEqual[new(operation.Call)] = _open.Count;
                _entriesBefore.Add(entries.Count - 1);
                _open.Add(operation);
            }
            else if (isReturn)
            {
                returns[number[i]] = entries.Count;
                entries.Add(~number[i]);
            }
            else
            {
                number[i] = _returned.Count;
                calls.Add(entries.Count);
                returns.Add(0);
                entries.Add(_returned.Count);
                _returned.Add(operation);
            }
        }
        (_operation, _callOf, _returnOf) = ([.. entries], [.. calls], [.. returns]);
        _next = [.. Enumerable.Range(1, entries.Count)];
        _previous = [.. Enumerable.Range(-1, entries.Count)];
        _next[^1] = Head; // nothing follows the last return, and that is never asked for while an operation remains
        _remaining = _returned.Count;
        _linearized = new LinearizedSet(_returned.Count);
        _linearizedOpen = new ulong[mayRepeat ? 0 : (_open.Count + 63) / 64];
        _visited = new VisitedConfigurations<TState>(_states);
        Enter(0, model.Initial, isFirst: true);
    }

    /// <summary>How often the model was asked for a step.</summary>
    public long Steps { get; private set; }

    /// <summary>What is known by now.</summary>
    public Verdict Verdict { get; private set; }

    /// <summary>The order that explains all answers; while there is none, the longest that explains those of its operations.</summary>
    public IReadOnlyList<Operation<TCall, TResult>> Longest =>
        [.. (Verdict == Verdict.Ok ? Order() : _longest).Select(o => o < 0 ? _open[~o] : _returned[o])];

    /// <summary>The last return up to which the search came: all before it can be explained. Where nothing returned: 0.</summary>
    public long FurthestReturn => _furthest == Head ? 0 : _returned[~_operation[_furthest]].Returned!.Value;

    /// <summary>Goes on.</summary>
    /// <param name="steps">For at least so many steps, and not many more.</param>
    /// <returns>What is known then.</returns>
    public Verdict Run(long steps)
    {
        var until = Steps + steps;
        while (Verdict == Verdict.Unknown && Steps < until) Advance();
        return Verdict;
    }

    private void Advance()
    {
        ref var node = ref CollectionsMarshal.AsSpan(_path)[^1];
        if (_alternatives.Count > node.Alternatives)
        {
            var (operation, next) = _alternatives[^1];
            _alternatives.RemoveAt(_alternatives.Count - 1);
            Enter(operation, next, isFirst: false);
        }
        else if (!node.HasTriedOpen)
        {
            node.HasTriedOpen = true;
            AddOpen(node.State);
        }
        else
        {
            Leave();
        }
    }

    private void Enter(int operation, TState state, bool isFirst)
    {
        if (!isFirst) Linearize(operation);
        if (!_visited.Add(_linearized, _linearizedOpen, state))
        {
            Undo(operation);
            return;
        }
        _path.Add(new Node(state, operation, _alternatives.Count) { HasTriedOpen = _open.Count == 0 });
        Verdict = _remaining == 0 ? Verdict.Ok : Verdict.Unknown;
        if (Verdict == Verdict.Unknown) AddReturned(state);
    }

    private void Leave()
    {
        if (_returned.Count - _remaining > _most) (_most, _longest) = (_returned.Count - _remaining, [.. Order()]);
        var node = _path[^1];
        if (_path.Count == 1)
        {
            Verdict = Verdict.Violation;
            return;
        }
        _path.RemoveAt(_path.Count - 1);
        Undo(node.By);
    }

    private IEnumerable<int> Order() => _path.Skip(1).Select(n => n.By);

    // Adds what may be next of the operations that returned.
    private void AddReturned(TState state)
    {
        var begin = _alternatives.Count;
        var entry = _next[Head];
        for (; _operation[entry] >= 0; entry = _next[entry])
        {
            var operation = _returned[_operation[entry]];
            var (next, result) = _model.Step(state, operation.Call);
            Steps++;
            if (!_model.Matches(operation.Call, result, operation.Result!)) continue;
            if (_model.IsReadOnly(operation.Call, operation.Result!))
            {
                _alternatives.RemoveRange(begin, _alternatives.Count - begin);
                _alternatives.Add((_operation[entry], state));
                CollectionsMarshal.AsSpan(_path)[^1].HasTriedOpen = true;
                return;
            }
            _alternatives.Add((_operation[entry], Reduced(operation.Call, next)));
        }
        _furthest = Math.Max(_furthest, entry);
        PutInOrder(begin);
    }

    private void AddOpen(TState state)
    {
        var begin = _alternatives.Count;
        var entry = _next[Head];
        while (_operation[entry] >= 0) entry = _next[entry];
        for (var i = 0; i < _open.Count && _entriesBefore[i] < entry; i++)
        {
            if (IsLinearizedOpen(i) || (_equalBefore[i] >= 0 && !IsLinearizedOpen(_equalBefore[i]))) continue;
            var (next, _) = _model.Step(state, _open[i].Call);
            Steps++;
            next = Reduced(_open[i].Call, next);
            if (!_states.Equals(next, state) && _observations?.MayHelp(_open[i].Call, next) != false) _alternatives.Add((~i, next));
        }
        PutInOrder(begin);
    }

    private TState Reduced(TCall call, TState next) => _observations is null ? next : _observations.Reduced(call, next);

    // The last alternative is tried first: of those that lead to what may have been seen that which was invoked first.
    private void PutInOrder(int begin)
    {
        var alternatives = CollectionsMarshal.AsSpan(_alternatives)[begin..];
        alternatives.Reverse();
        if (_observations is null || alternatives.Length < 2) return;
        var unseen = 0;
        for (var i = 0; i < alternatives.Length; i++)
        {
            if (_observations.IsSeen(alternatives[i].Next)) continue;
            var moved = alternatives[i];
            alternatives[unseen..i].CopyTo(alternatives[(unseen + 1)..]);
            alternatives[unseen++] = moved;
        }
    }

    private bool IsLinearizedOpen(int operation) => !_mayRepeat && (_linearizedOpen[operation >> 6] & (1UL << (operation & 63))) != 0;

    private void Linearize(int operation)
    {
        if (operation < 0)
        {
            if (!_mayRepeat) _linearizedOpen[~operation >> 6] |= 1UL << (~operation & 63);
            return;
        }
        _remaining--;
        _linearized.Add(operation);
        Unlink(_callOf[operation]);
        Unlink(_returnOf[operation]);
    }

    private void Undo(int operation)
    {
        if (operation < 0)
        {
            if (!_mayRepeat) _linearizedOpen[~operation >> 6] &= ~(1UL << (~operation & 63));
            return;
        }
        _remaining++;
        _linearized.Remove(operation);
        Link(_returnOf[operation]); // in the reverse order of unlinking, as each entry keeps its neighbours of then
        Link(_callOf[operation]);
    }

    private void Unlink(int entry) => (_next[_previous[entry]], _previous[_next[entry]]) = (_next[entry], _previous[entry]);

    private void Link(int entry) => (_next[_previous[entry]], _previous[_next[entry]]) = (entry, entry);
}
