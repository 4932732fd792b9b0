using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Dispatch;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// Runs the mailboxes and timers of every simulated node on the caller's thread, in virtual time. What is ready runs before time moves. It does
/// nothing by itself: a network calls it from within <see cref="Enter"/>, and a mailbox or timer that is touched from anywhere else is an
/// asynchrony that would not replay, so it fails hard.
/// </summary>
internal sealed class SimulationDriver
{
    // Roles that keep each other busy for ever without a message over the network or a timer.
    private const int StepsWithoutEnd = 1_000_000;

    private readonly Random? _random;
    private readonly List<Ready> _sorted = [];
    private readonly Queue<Ready> _queue = new();
    private readonly PriorityQueue<VirtualTimer, (TimeSpan Due, long Number)> _timers = new();
    private long _number;
    private int _thread;
    private Exception? _leak;

    private readonly record struct Ready(string Path, long Number, Incarnation Owner, IRunnable Run);

    /// <param name="random">Picks what runs next among what is ready; null: what was ready first.</param>
    public SimulationDriver(Random? random) => _random = random;

    /// <summary>The virtual time since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>What happened, as a number: equal for equal runs.</summary>
    public TraceHash Trace { get; } = new();

    /// <summary>Slices of mailboxes run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Timers that are set and not cancelled, by the time they are due.</summary>
    public IEnumerable<VirtualTimer> Timers =>
        _timers.UnorderedItems.Where(t => t.Element.IsPending).OrderBy(t => t.Priority).Select(t => t.Element);

    /// <summary>Makes the calling thread the simulation's until the result is disposed of.</summary>
    /// <exception cref="InvalidOperationException">Another thread is in the simulation.</exception>
    public Scope Enter()
    {
        var self = Environment.CurrentManagedThreadId;
        var before = Interlocked.CompareExchange(ref _thread, self, 0);
        if (before != 0 && before != self)
            throw new InvalidOperationException($"thread {self} enters a simulation that thread {before} is in: one at a time");
        var context = SynchronizationContext.Current;
        // Continuations must stay on this thread.
        SynchronizationContext.SetSynchronizationContext(null);
        return new Scope(this, context, before == 0);
    }

    /// <summary>Fails when the caller is not the thread that is in the simulation.</summary>
    public void CheckThread()
    {
        if (Volatile.Read(ref _thread) == Environment.CurrentManagedThreadId) return;
        var leak = new InvalidOperationException(
            "a simulated actor was reached from outside of the simulation's thread: a task that hopped to the thread pool, or a Tell from a test "
            + "(send through the simulated network instead)");
        _leak ??= leak;
        throw leak;
    }

    /// <summary>A mailbox has work.</summary>
    public void Enqueue(Incarnation owner, string path, IRunnable run)
    {
        CheckThread();
        var ready = new Ready(path, _number++, owner, run);
        if (_random is null)
        {
            _queue.Enqueue(ready);
            return;
        }
        // Sorted by path: the order in which mailboxes become ready may follow a hash table inside Akka, the sorted set does not.
        var (low, high) = (0, _sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(_sorted[middle].Path, path) <= 0) low = middle + 1;
            else high = middle;
        }
        _sorted.Insert(low, ready);
    }

    /// <summary>Sets a timer of a node, or of the network where <paramref name="owner"/> is null.</summary>
    public VirtualTimer Schedule(
        Incarnation? owner, TimeSpan delay, TimeSpan? interval, object? message, ICanTell? receiver, Action action, Func<bool>? cancelled)
    {
        CheckThread();
        var timer = new VirtualTimer(++_number, owner, Now + delay, interval, message, receiver, action, cancelled);
        _timers.Enqueue(timer, (timer.Due, timer.Number));
        return timer;
    }

    /// <summary>Runs all that is ready; time does not move.</summary>
    public void RunReady()
    {
        ThrowLeak();
        for (var steps = 0; TryTake(out var next); steps++)
        {
            if (steps == StepsWithoutEnd) throw new InvalidOperationException($"{steps} mailboxes ran and no end: the last was {next.Path}");
            if (next.Owner.IsAlive)
            {
                Steps++;
                next.Run.Run();
            }
            ThrowLeak();
        }
    }

    // Whoever leaks may not see it: Akka.NET catches what is thrown as an actor is told something, and logs it.
    private void ThrowLeak()
    {
        if (_leak is not null) throw new InvalidOperationException(_leak.Message, _leak);
    }

    /// <summary>The time at which the next timer is due; null where none is set.</summary>
    public TimeSpan? NextDue()
    {
        while (_timers.TryPeek(out var timer, out var at))
        {
            if (timer.IsPending) return at.Due;
            _timers.Dequeue();
        }
        return null;
    }

    /// <summary>Moves time to the next timer, if it is due by <paramref name="until"/>, and fires it; false where none is.</summary>
    public bool FireNext(TimeSpan until)
    {
        if (NextDue() is not { } due || due > until) return false;
        var timer = _timers.Dequeue();
        Now = due > Now ? due : Now;
        Fire(timer);
        return true;
    }

    /// <summary>Fires a timer now, before it is due.</summary>
    public void Fire(VirtualTimer timer)
    {
        timer.Fire(Now, out var again);
        if (again is not null) _timers.Enqueue(again, (again.Due, again.Number));
    }

    /// <summary>Moves time on, where nothing is due before.</summary>
    public void MoveTo(TimeSpan time)
    {
        if (time > Now) Now = time;
    }

    private bool TryTake(out Ready ready)
    {
        if (_random is null) return _queue.TryDequeue(out ready);
        ready = default;
        if (_sorted.Count == 0) return false;
        var index = _sorted.Count == 1 ? 0 : _random.Next(_sorted.Count);
        ready = _sorted[index];
        _sorted.RemoveAt(index);
        return true;
    }

    internal readonly struct Scope(SimulationDriver driver, SynchronizationContext? context, bool outermost) : IDisposable
    {
        public void Dispose()
        {
            if (outermost) Volatile.Write(ref driver._thread, 0);
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}

/// <summary>Something that is due at a virtual time.</summary>
internal sealed partial class VirtualTimer(
    long number, Incarnation? owner, TimeSpan due, TimeSpan? interval, object? message, ICanTell? receiver, Action action, Func<bool>? cancelled)
{
    private bool _over;

    public long Number => number;

    public Incarnation? Owner => owner;

    public TimeSpan Due { get; } = due;

    /// <summary>
    /// The key of an actor's own timer; "" for what else is scheduled. Such a timer comes wrapped in a class of Akka's own, whose text has the key:
    /// <c>TimerMsg { Key = Tick { }, ...</c> or <c>TimerMsg(key=Tick { }, ...</c>.
    /// </summary>
    public string Key =>
        message?.GetType().Name.EndsWith("TimerMsg", StringComparison.Ordinal) != true ? ""
        : KeyInText().Match($"{message}") is { Success: true } match ? match.Groups[1].Value.Split('.', '+')[^1]
        : "timer";

    /// <summary>Whom it tells; "" for none.</summary>
    public string Receiver => receiver is IActorRef actor ? actor.Path.ToStringWithoutAddress() : "";

    public bool IsPending => !_over && owner is not { IsAlive: false } && cancelled?.Invoke() != true;

    public void Fire(TimeSpan now, out VirtualTimer? again)
    {
        again = null;
        if (!IsPending) return;
        _over = true;
        // Set before the action, as it may cancel itself.
        if (interval is { } every) again = new VirtualTimer(number, owner, now + every, interval, message, receiver, action, cancelled);
        action();
    }

    [GeneratedRegex(@"key\s*=\s*([\w.+/-]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KeyInText();
}

/// <summary>FNV-1a over what happened: texts and numbers, never anything that differs by process (uids, hash codes).</summary>
internal sealed class TraceHash
{
    private const ulong Start = 14695981039346656037;
    private const ulong Prime = 1099511628211;
    private readonly Dictionary<object, ulong> _known = [];

    public ulong Value { get; private set; } = Start;

    public void Add(ulong number) => Value = unchecked((Value ^ number) * Prime);

    public void Add(string text) => Add(Of(text, text));

    /// <summary>What <see cref="Add(string)"/> adds of a text.</summary>
    public static ulong Of(string text)
    {
        var hash = Start;
        foreach (var c in text) hash = unchecked((hash ^ c) * Prime);
        return hash;
    }

    public void Add(Type type) => Add(Of(type, type.Name));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var hash = Value;
        foreach (var b in bytes) hash = unchecked((hash ^ b) * Prime);
        Value = hash;
    }

    // Of the same few paths and types, again and again.
    private ulong Of(object key, string text)
    {
        if (_known.TryGetValue(key, out var hash)) return hash;
        hash = Of(text);
        if (_known.Count < 100_000) _known.Add(key, hash);
        return hash;
    }
}
