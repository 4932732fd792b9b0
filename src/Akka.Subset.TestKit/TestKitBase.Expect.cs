using Akka.Actor;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    /// <summary>Expects that the next message is a <typeparamref name="T"/>.</summary>
    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(duration, null, hint, cancellationToken);

    /// <summary>Expects that the next message equals this one.</summary>
    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, EqualTo(message, hint), hint, cancellationToken);

    public T ExpectMsg<T>(Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, Fits<T>((m, _) => isMessage(m), hint), hint, cancellationToken);

    public T ExpectMsg<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, Fits(isMessageAndSender, hint), hint, cancellationToken);

    public T ExpectMsg<T>(Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, _) => assert(m), hint, cancellationToken);

    public T ExpectMsg<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect(timeout, assertMessageAndSender, hint, cancellationToken);

    public T ExpectMsg<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, _) => _assertions.AssertEqual(expected, m, comparer, "{0}", hint ?? ""), hint, cancellationToken);

    /// <summary>Expects to hear that a watched actor has terminated.</summary>
    public Terminated ExpectTerminated(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<Terminated>(timeout, OfTarget(target, hint), $"Terminated {target}. {hint}", cancellationToken);

    public T ExpectMsgFrom<T>(IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(duration, (_, s) => From(sender, s, hint), hint, cancellationToken);

    public T ExpectMsgFrom<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, s) => { From(sender, s, hint); EqualTo(message, hint)(m, s); }, hint, cancellationToken);

    public T ExpectMsgFrom<T>(
        IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, s) => { From(sender, s, hint); Fits<T>((x, _) => isMessage(x), hint)(m, s); }, hint, cancellationToken);

    public T ExpectMsgFrom<T>(
        IActorRef sender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Expect<T>(timeout, (m, s) => { From(sender, s, hint); assertMessage(m); }, hint, cancellationToken);

    public async ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await ExpectAsync<T>(duration, null, hint, cancellationToken);

    public async ValueTask<T> ExpectMsgAsync<T>(
        T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await ExpectAsync(timeout, EqualTo(message, hint), hint, cancellationToken);

    public async ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await ExpectAsync(timeout, Fits<T>((m, _) => isMessage(m), hint), hint, cancellationToken);

    public async ValueTask<T> ExpectMsgAsync<T>(
        Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await ExpectAsync<T>(timeout, (m, _) => assert(m), hint, cancellationToken);

    public async ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await ExpectAsync<T>(duration, (_, s) => From(sender, s, hint), hint, cancellationToken);

    public async ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await ExpectAsync(timeout, OfTarget(target, hint), $"Terminated {target}. {hint}", cancellationToken);

    /// <summary>Expects that nothing comes for this long (in a Within: for what is left of it).</summary>
    public void ExpectNoMsg(CancellationToken cancellationToken = default) => ExpectSilence(RemainingOrDefault, cancellationToken);
    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) => ExpectSilence(Dilated(duration), cancellationToken);
    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        ExpectNoMsg(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);
    public ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default) => ExpectSilenceAsync(RemainingOrDefault, cancellationToken);
    public ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        ExpectSilenceAsync(Dilated(duration), cancellationToken);

    public ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default) =>
        ExpectNoMsgAsync(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    /// <summary>Expects that the next message equals one of these.</summary>
    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default)
    {
        var wanted = messages.ToList();
        var max = RemainingOrDefault;
        var listed = string.Join(",", wanted);
        if (!TryReceiveOne(out var envelope, max, cancellationToken)) Fail($"Timeout {max} during waiting for ExpectMsgAnyOf waiting for ({listed})");
        if (envelope.Message is T message && wanted.Contains(message)) return message;
        Fail($"ExpectMsgAnyOf found unexpected {envelope}, expected one of ({listed})");
        return default;
    }

    /// <summary>Expects these messages, in any order.</summary>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) => ExpectAll(RemainingOrDefault, messages, default);
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages) => ExpectAll(Dilated(max), messages, default);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        ExpectAll(RemainingOrDefault, messages, cancellationToken);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        ExpectAll(Dilated(max), messages, cancellationToken);

    private List<T> ExpectAll<T>(TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellation)
    {
        var received = ReceiveMany(messages.Count, max, cancellation);
        var missing = messages.Where(m => !received.Any(r => Equals(r, m))).ToList();
        var unexpected = received.Where(r => !messages.Any(m => Equals(r, m))).ToList();
        if (missing.Count > 0 || unexpected.Count > 0)
            Fail($"not found [{string.Join(", ", missing)}], found unexpected [{string.Join(", ", unexpected)}]");
        return [.. received.Cast<T>()];
    }

    private T Expect<T>(TimeSpan? timeout, Action<T, IActorRef>? assert, string? hint, CancellationToken cancellation)
    {
        var max = RemainingOrDilated(timeout);
        var received = TryReceiveOne(out var envelope, max, cancellation);
        return Check(received, envelope, max, assert, hint);
    }

    private async ValueTask<T> ExpectAsync<T>(TimeSpan? timeout, Action<T, IActorRef>? assert, string? hint, CancellationToken cancellation)
    {
        var max = RemainingOrDilated(timeout);
        var (received, envelope) = await TryReceiveOneAsync(max, cancellation);
        return Check(received, envelope, max, assert, hint);
    }

    private T Check<T>(bool received, MessageEnvelope envelope, TimeSpan max, Action<T, IActorRef>? assert, string? hint)
    {
        if (!received) Fail($"Failed: Timeout {max} while waiting for a message of type {typeof(T)} {hint}".TrimEnd());
        if (envelope.Message is not T message)
        {
            Fail($"Failed: Expected a message of type {typeof(T)}, but received {{{envelope.Message}}} (type {envelope.Message.GetType()}) instead "
                + $"{hint} from {envelope.Sender}");
            return default;
        }
        assert?.Invoke(message, envelope.Sender);
        return message;
    }

    private Action<T, IActorRef> EqualTo<T>(T expected, string? hint) => (m, _) => _assertions.AssertEqual(expected, m, "{0}", hint ?? "");

    private Action<T, IActorRef> Fits<T>(Func<T, IActorRef, bool> fits, string? hint) => (m, sender) =>
    {
        if (!fits(m, sender))
            Fail($"Got a message of the expected type <{typeof(T)}> from {sender}. Also expected {hint ?? "the predicate to return true"} "
                + $"but the message {{{m}}} did not match");
    };

    private Action<Terminated, IActorRef> OfTarget(IActorRef target, string? hint) => (terminated, _) =>
    {
        if (!terminated.ActorRef.Equals(target)) Fail($"Expected Terminated {target}, but received {terminated}. {hint}");
    };

    private void From(IActorRef expected, IActorRef actual, string? hint)
    {
        if (!Equals(expected, actual)) Fail($"Sender does not match. Expected {expected}, but the message came from {actual}. {hint}");
    }

    private void ExpectSilence(TimeSpan duration, CancellationToken cancellation)
    {
        var start = Now;
        Silence(TryReceiveOne(out var envelope, duration, cancellation), envelope, duration, start);
    }

    private async ValueTask ExpectSilenceAsync(TimeSpan duration, CancellationToken cancellation)
    {
        var start = Now;
        var (received, envelope) = await TryReceiveOneAsync(duration, cancellation);
        Silence(received, envelope, duration, start);
    }

    private void Silence(bool received, MessageEnvelope envelope, TimeSpan duration, TimeSpan start)
    {
        if (received) Fail($"Failed: Expected no messages during {duration}, instead we received {envelope} after {Now - start}");
        _lastWasNoMsg = true;
    }
}
