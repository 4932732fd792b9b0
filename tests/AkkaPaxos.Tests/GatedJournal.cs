using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace AkkaPaxos.Tests;

/// <summary>
/// The in-memory journal behind a gate: while it is closed, writes wait as if the disk were slow; or they fail, as if it were full. For
/// invariant S1. Bound by <see cref="Hocon"/>; a test finds the gate by <c>Gate.Of(Sys)</c>.
/// </summary>
public sealed class GatedJournal : MemoryJournal
{
    /// <summary>Makes it the journal of a system.</summary>
    public const string Hocon = """
        akka.persistence.journal {
          plugin = "akka.persistence.journal.gated"
          gated.class = "AkkaPaxos.Tests.GatedJournal, AkkaPaxos.Tests"
          gated.plugin-dispatcher = "akka.actor.default-dispatcher"
        }
        """;

    private readonly Gate _gate = Gate.Of(Context.System);

    /// <inheritdoc/>
    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        await _gate.Enter(writes.Sum(w => ((IEnumerable<IPersistentRepresentation>)w.Payload).Count()));
        return await base.WriteMessagesAsync(writes, cancellationToken);
    }
}

/// <summary>The gate of a system's <see cref="GatedJournal"/>; open at first.</summary>
public sealed class Gate : IExtension
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;
    private string? _failure;
    private readonly List<int> _writes = [];

    /// <summary>The gate of <paramref name="system"/>.</summary>
    public static Gate Of(ActorSystem system) => system.WithExtension<Gate, Provider>();

    /// <summary>How many events each write had that came to the gate so far.</summary>
    public IReadOnlyList<int> Writes
    {
        get { lock (_lock) return [.. _writes]; }
    }

    /// <summary>From now on writes wait.</summary>
    public void Close()
    {
        lock (_lock) _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Lets all that waits pass, and what comes from now on.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _closed?.TrySetResult();
            _closed = null;
        }
    }

    /// <summary>Writes fail from now on, those that wait too.</summary>
    public void Fail(string reason)
    {
        lock (_lock) _failure = reason;
        Open();
    }

    /// <summary>Writes succeed again.</summary>
    public void Heal()
    {
        lock (_lock) _failure = null;
    }

    internal async Task Enter(int events)
    {
        Task closed;
        lock (_lock)
        {
            _writes.Add(events);
            closed = _closed?.Task ?? Task.CompletedTask;
        }

        await closed;
        lock (_lock)
            if (_failure is not null)
                throw new IOException(_failure);
    }

    private sealed class Provider : ExtensionIdProvider<Gate>
    {
        public override Gate CreateExtension(ExtendedActorSystem system) => new();
    }
}
