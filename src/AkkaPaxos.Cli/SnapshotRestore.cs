using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.Cli;

/// <summary>
/// Begins a node's folder with a cluster's state: the snapshot that its replica starts from, and an acceptor that has forgotten every slot in it, as one has
/// whose replicas are that far. Where all nodes of a cluster begin so, from one file, no slot below is ever decided again.
/// </summary>
internal static class SnapshotRestore
{
    /// <summary>Members where it does not matter who they are.</summary>
    public static readonly ConfigurationHistory Anybody = new(new Configuration([new Member(new NodeId(1), "")]));

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Writes both with the node's own plugins.</summary>
    /// <param name="config">The node's configuration.</param>
    /// <param name="settings">What it says.</param>
    /// <param name="snapshot">The state.</param>
    /// <param name="say">Is told what is waited for.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="CliException">A store cannot be used; one line.</exception>
    public static async Task Write(Config config, PaxosSettings settings, ReplicaSnapshot snapshot, Action<string> say, CancellationToken cancel)
    {
        var stores = await Stores.Open(config, settings, say, cancel);
        using var system = ActorSystem.Create("restore", stores.And(BootstrapSetup.Create().WithConfig(NodeConfig.Quiet(config))));
        using var inbox = Inbox.Create(system);
        system.ActorOf(Props.Create(typeof(Writer), settings, snapshot, inbox.Receiver));
        var failure = (Written)await inbox.ReceiveAsync(Patience).WaitAsync(cancel);
        await system.Terminate();
        if (failure.Problem is { } problem) throw new CliException($"the snapshot cannot be restored: {Program.OneLine(problem)}; remove the folder and try again", 1);
    }

    /// <summary>Restores a state into an application, as a replica would that starts from it.</summary>
    /// <returns>The state as that of a cluster that the given members found.</returns>
    /// <exception cref="CliException">It cannot be restored; one line.</exception>
    public static ReadOnlyMemory<byte> Try(IStateMachine application, ConfigurationHistory founding, long slot, ReadOnlyMemory<byte> state, string file)
    {
        var restored = new ReplicatedState(application, int.MaxValue, founding);
        try
        {
            restored.Restore(state);
        }
        catch (FormatException e)
        {
            throw new CliException($"{file} cannot be restored: {e.Message}", 1);
        }
        if (restored.SlotOut != slot) throw new CliException($"{file} says slot {slot}, and holds slot {restored.SlotOut}", 1);
        return restored.FoundAnew(founding) ? restored.Snapshot()() : state;
    }

    private sealed record Written(string? Problem);

    /// <summary>An acceptor for the moment in which its journal gets its first entry.</summary>
    private sealed class Writer(PaxosSettings settings, ReplicaSnapshot snapshot, IActorRef told) : UntypedPersistentActor
    {
        public override string PersistenceId { get; } = RoleContext.PersistenceId(settings.Group, settings.NodeId, "acceptor");

        private bool _isUsed;

        public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

        protected override void OnRecover(object message)
        {
            if (message is not RecoveryCompleted)
            {
                _isUsed = true;
                return;
            }
            if (_isUsed)
            {
                told.Tell(new Written("the journal has entries of this node already"));
                return;
            }
            var replica = RoleContext.PersistenceId(settings.Group, settings.NodeId, "replica");
            SnapshotStore.Tell(new SaveSnapshot(new SnapshotMetadata(replica, snapshot.SlotOut, DateTime.UtcNow), snapshot), Self);
        }

        protected override void OnCommand(object message)
        {
            switch (message)
            {
                // Not before: an acceptor that has forgotten what its replica does not know would be of no use to anybody.
                case SaveSnapshotSuccess: Persist(new AcceptorTruncated(snapshot.SlotOut, Ballot.Bottom), _ => told.Tell(new Written(null))); break;
                case SaveSnapshotFailure m: told.Tell(new Written(m.Cause.Message)); break;
                default: Unhandled(message); break;
            }
        }

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => told.Tell(new Written(cause.Message));

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => told.Tell(new Written(cause.Message));

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => told.Tell(new Written(reason.Message));
    }
}
