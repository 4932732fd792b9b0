using Akka.Persistence;
using Akka.Persistence.Snapshot;

namespace AkkaPaxos.Tests;

/// <summary>The in-memory snapshot store behind the gate of its system, <c>Gate.Of(Sys)</c>: saving waits, or fails. A save that fails drops what has its number, as Akka's stores do.</summary>
public sealed class GatedSnapshotStore : MemorySnapshotStore
{
    /// <summary>Makes it the snapshot store of a system.</summary>
    public const string Hocon = """
        akka.persistence.snapshot-store {
          plugin = "akka.persistence.snapshot-store.gated"
          gated.class = "AkkaPaxos.Tests.GatedSnapshotStore, AkkaPaxos.Tests"
          gated.plugin-dispatcher = "akka.actor.default-dispatcher"
        }
        """;

    private readonly Gate _gate = Gate.Of(Context.System);

    /// <inheritdoc/>
    protected override async Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken)
    {
        await _gate.Enter(1);
        await base.SaveAsync(metadata, snapshot, cancellationToken);
    }
}
