using System.Diagnostics;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.TestKit.Exploration;

/// <summary>
/// Tries, breadth-first, everything that may happen after a scenario's commands: every order of delivery, messages lost and nodes crashed up to a
/// budget. For single-decree Paxos and the wrong designs.
/// </summary>
/// <remarks>
/// A state is what each proposer and acceptor is in, which messages wait, who has ever accepted what, and the budgets. It is kept small without
/// leaving out anything that could be seen:
/// <list type="bullet">
/// <item>Clients and learners tell proposers and acceptors nothing as long as no timer fires. What they come to depends only on what was sent to
/// them, so learners are searched apart (<see cref="ListenerSearch"/>), and clients not at all.</item>
/// <item>A message that never arrives is lost; so losing one is no step. Losses, and crashes for good, which are losses of all that would come, count
/// only where nothing else waits any more: there it is asked whether a value can still be chosen.</item>
/// <item>A message that would change nothing and cause none is not delivered: the state without it can do nothing that this one cannot.</item>
/// </list>
/// Not looked at: whether a value can still be chosen after messages were lost with a node that was down for a time, beyond the budget of losses.
/// </remarks>
public sealed class Explorer
{
    // The steps of an action's number.
    private const int Restarted = 1 << 16, Elected = 2 << 16;
    private const ushort Down = ushort.MaxValue;

    private readonly ScenarioFile _file;
    private readonly ExplorationSettings _settings;
    private readonly MessageNumbers _messages = new();
    private readonly ExplorationStart _start;
    private readonly CounterexampleWriter _writer;
    private readonly RoleTable[] _roles; // the proposers, then the acceptors
    private readonly int _proposers;
    private readonly Dictionary<string, int> _role;
    private readonly HashSet<string> _learners;
    private readonly VoteCounts _votes;
    private readonly ListenerSearch _listeners;
    private readonly StuckCheck _stuck;
    private readonly ushort[] _lead;
    private readonly StateStore _states = new();
    private readonly Dictionary<string, Found?> _known = [];
    private readonly List<ushort> _scratch = [];

    private long _steps;
    private Found? _best;

    /// <summary>A violation.</summary>
    /// <param name="Length">The number of steps there.</param>
    /// <param name="What">What is wrong.</param>
    /// <param name="State">The state after all but the last steps.</param>
    /// <param name="Last">The last steps, as commands.</param>
    private sealed record Found(int Length, string What, int State, IReadOnlyList<string> Last);

    private Explorer(ScenarioFile file, ExplorationSettings settings)
    {
        (_file, _settings) = (file, settings);
        var (protocol, declared) = ScenarioRun.Declared(file, settings.Doubles);
        if (protocol is not SynodProtocol synod)
            throw new ScenarioException(file.Name, 1, 1, $"\"protocol {declared.Protocol}\", expected synod or one of the wrong designs: others are not explored");
        _start = new ExplorationStart(file, synod, declared, _messages);
        _writer = new CounterexampleWriter(file, synod, settings.Doubles, _messages);
        _roles = [.. synod.Participants.Where(p => p.Role is "proposer" or "acceptor").Select(p => _start.Tables[p.Name])];
        _proposers = _roles.Count(r => r.Who.Role == "proposer");
        _role = _roles.Select((r, i) => (r.Who.Name, i)).ToDictionary(r => r.Name, r => r.i);
        var learners = synod.Participants.Where(p => p.Role == "learner" && _start.States.ContainsKey(p.Name)).Select(p => (_start.Tables[p.Name], _start.States[p.Name])).ToList();
        _learners = [.. learners.Select(l => l.Item1.Who.Name)];
        _listeners = new ListenerSearch(learners, _messages);
        _votes = new VoteCounts(synod.Acceptors, synod.HasPromises, _start.Proposed.Select(p => p.Value).ToHashSet());
        _stuck = new StuckCheck(_roles, _proposers, _role, _messages, _votes, [.. _start.Proposed.Select(p => (p.Client, p.Value)).Distinct()]);
        _lead = [.. _roles.Take(_proposers).Select(r => _start.Lead(r.Who.Name))];
    }

    /// <summary>Explores what may happen after a scenario's commands.</summary>
    /// <exception cref="ScenarioException">It is no scenario to explore.</exception>
    public static ExplorationResult Explore(ScenarioFile file, ExplorationSettings? settings = null) => new Explorer(file, settings ?? new ExplorationSettings()).Run();

    // ---- a state's encoding: roles' states, retries left, crashes left, votes (4), and the messages that wait, in order ----

    private int RetriesAt => _roles.Length;

    private int CrashesAt => _roles.Length + _proposers;

    private int VotesAt => CrashesAt + 1;

    private int WaitingAt => VotesAt + 4;

    private ulong VotesOf(ReadOnlySpan<ushort> state) =>
        state[VotesAt] | ((ulong)state[VotesAt + 1] << 16) | ((ulong)state[VotesAt + 2] << 32) | ((ulong)state[VotesAt + 3] << 48);

    private ExplorationResult Run()
    {
        var clock = Stopwatch.StartNew();
        Initial();
        var (next, depth, layer) = (0, 0, _states.Count);
        var isComplete = true;
        for (; next < _states.Count; next++)
        {
            if (next == layer) (depth, layer) = (depth + 1, _states.Count);
            if (_best is not null && depth >= _best.Length) break;
            if ((next & 255) == 0 && clock.Elapsed > _settings.Time)
            {
                isComplete = false;
                break;
            }
            Expand(next, depth);
        }
        var asked = _start.Tables.Values.Sum(t => t.Asked);
        if (_best is null) return new ExplorationResult(_states.Count, _steps, asked, isComplete);
        var (text, drawing) = _writer.Write(_best.What, [.. Path(_best.State), .. _best.Last]);
        return new ExplorationResult(_states.Count, _steps, asked, false, _best.What, text, drawing);
    }

    private void Initial()
    {
        var state = new ushort[WaitingAt];
        for (var i = 0; i < _roles.Length; i++) state[i] = _start.States.TryGetValue(_roles[i].Who.Name, out var s) ? s : Down;
        for (var i = 0; i < _proposers; i++) state[RetriesAt + i] = checked((ushort)_settings.Retries);
        state[CrashesAt] = checked((ushort)_settings.Crashes);
        ushort[] waiting = [.. _start.Waiting.Where(IsKept).Order()];
        var votes = _votes.With(0, _start.Sent.Select(m => _messages[m]));
        SetVotes(state, votes);
        state = [.. state, .. waiting];
        _states.Add(state, -1, 0);
        if (_start.Violation is { } violation) _best = new Found(0, violation, 0, []);
        else Check(0, 0, votes);
    }

    private bool IsKept(ushort message) => _role.ContainsKey(_messages[message].To) || _learners.Contains(_messages[message].To);

    private void Expand(int number, int depth)
    {
        var state = _states[number].ToArray(); // the store grows
        var effective = 0;
        for (var i = WaitingAt; i < state.Length; i++)
        {
            var message = state[i];
            if (!_role.TryGetValue(_messages[message].To, out var role) || state[role] == Down) continue;
            var step = _roles[role].Deliver(state[role], message);
            if (step.IsIdle(state[role])) continue;
            _scratch.Add(message);
            effective++;
            if (i == WaitingAt || state[i - 1] != message) Take(number, depth, state, role, step, i, message);
        }
        if (_votes.Count(VotesOf(state)).Chosen.Count == 0) CheckStuck(number, depth, state);
        _scratch.Clear();

        if (state[CrashesAt] > 0)
            for (var role = 0; role < _roles.Length; role++)
            {
                if (state[role] == Down) continue;
                var step = _roles[role].Restart(state[role]);
                if (step.IsIdle(state[role])) continue; // a crash wasted
                Take(number, depth, With(state, CrashesAt, -1), role, step, -1, Restarted | role);
            }
        for (var role = 0; role < _proposers; role++)
        {
            if (state[RetriesAt + role] == 0 || state[role] == Down) continue;
            var step = _roles[role].Deliver(state[role], _lead[role]);
            if (!step.IsIdle(state[role])) Take(number, depth, With(state, RetriesAt + role, -1), role, step, -1, Elected | role);
        }
    }

    private static ushort[] With(ushort[] state, int at, int change)
    {
        var copy = (ushort[])state.Clone();
        copy[at] = (ushort)(copy[at] + change);
        return copy;
    }

    private void Take(int from, int depth, ushort[] state, int role, RoleStep step, int delivered, int action)
    {
        _steps++;
        var kept = 0;
        foreach (var sent in step.Sent)
            if (IsKept(sent)) kept++;
        var next = new ushort[state.Length + kept - (delivered >= 0 ? 1 : 0)];
        Array.Copy(state, next, WaitingAt);
        next[role] = step.Next;
        var at = WaitingAt;
        for (var i = WaitingAt; i < state.Length; i++)
            if (i != delivered) next[at++] = state[i];
        if (kept > 0)
        {
            foreach (var sent in step.Sent)
                if (IsKept(sent)) next[at++] = sent;
            Array.Sort(next, WaitingAt, next.Length - WaitingAt);
        }
        var before = VotesOf(state);
        var votes = step.Sent.Count == 0 ? before : _votes.With(before, step.Sent.Select(m => _messages[m]));
        if (votes != before) SetVotes(next, votes);
        if (!_states.Add(next, from, action)) return;

        if (step.Violation is { } violation) Report(new Found(depth + 1, violation, _states.Count - 1, []));
        else if (votes != before || kept > 0) Check(_states.Count - 1, depth + 1, votes);
    }

    private void SetVotes(ushort[] state, ulong votes)
    {
        for (var i = 0; i < 4; i++) state[VotesAt + i] = (ushort)(votes >> (16 * i));
    }

    private void Report(Found found)
    {
        if (_best is null || found.Length < _best.Length) _best = found;
    }

    // ---- what must hold ----

    private void Check(int number, int depth, ulong votes)
    {
        var count = _votes.Count(votes);
        if (count.Violation is { } violation)
        {
            Report(new Found(depth, violation, number, []));
            return;
        }
        var state = _states[number];
        Span<ushort> waiting = stackalloc ushort[state.Length - WaitingAt];
        var length = 0;
        foreach (var message in state[WaitingAt..])
            if (_learners.Contains(_messages[message].To)) waiting[length++] = message;
        foreach (var outcome in _listeners.Of(waiting[..length]))
        {
            var wrong = outcome.Failure
                ?? (count.Chosen.Contains(outcome.Learned!) ? null : $"{outcome.Who} learns {outcome.Learned}, which is not chosen");
            if (wrong is not null) Report(new Found(depth + outcome.Path.Count, wrong, number, [.. outcome.Path.Select(_writer.Deliver)]));
        }
    }

    // Nothing waits that would change anything, but for what may be lost; and a majority of acceptors and someone to propose are up.
    private void CheckStuck(int number, int depth, ushort[] state)
    {
        foreach (var down in _stuck.Crashes(state, state[CrashesAt]))
        {
            var lost = 0;
            foreach (var message in _scratch)
                if (!down.Contains(_role[_messages[message].To])) lost++;
            if (lost > _settings.Drops || _best?.Length <= depth + lost + down.Count) continue;
            var gone = (ushort[])state.Clone();
            foreach (var role in down) gone[role] = Down;
            if (!_stuck.IsStuck(gone.AsSpan(0, _roles.Length), VotesOf(state))) continue;
            List<string> last =
            [
                .. _scratch.Where(m => !down.Contains(_role[_messages[m].To])).Select(_writer.Drop),
                .. down.Select(role => $"crash {_roles[role].Who.Name}"),
                "run until quiet",
            ];
            var key = $"{string.Join(',', gone.Take(_roles.Length))}";
            if (!_known.TryGetValue(key, out var found))
            {
                const string What = "no value is chosen, and none ever will be, though nothing is lost any more and a majority of acceptors is up";
                found = _writer.StaysUndecided([.. Path(number), .. last]) ? new Found(depth + lost + down.Count, What, number, last) : null;
                _known.Add(key, found);
            }
            if (found is not null) Report(found with { Length = depth + lost + down.Count, State = number, Last = last });
        }
    }

    private IEnumerable<string> Path(int state)
    {
        List<string> path = [];
        for (var at = state; _states.Origin(at) is { Parent: >= 0 } origin; at = origin.Parent)
        {
            var role = origin.Action & 0xffff;
            if (origin.Action >= Elected) path.Add($"elect {_roles[role].Who.Name}");
            else if (origin.Action >= Restarted) path.AddRange([$"restart {_roles[role].Who.Name}", $"crash {_roles[role].Who.Name}"]);
            else path.Add(_writer.Deliver((ushort)origin.Action));
        }
        path.Reverse();
        return path;
    }
}
