using Akka.Actor;

namespace Akka.Persistence;

/// <summary>How an actor recovers: from which snapshot, up to which sequence number, at most how many events.</summary>
public sealed class Recovery
{
    public Recovery() : this(SnapshotSelectionCriteria.Latest)
    {
    }

    public Recovery(SnapshotSelectionCriteria fromSnapshot) : this(fromSnapshot, long.MaxValue)
    {
    }

    public Recovery(SnapshotSelectionCriteria fromSnapshot, long toSequenceNr) : this(fromSnapshot, toSequenceNr, long.MaxValue)
    {
    }

    public Recovery(SnapshotSelectionCriteria? fromSnapshot = null, long toSequenceNr = long.MaxValue, long replayMax = long.MaxValue)
    {
        FromSnapshot = fromSnapshot ?? SnapshotSelectionCriteria.Latest;
        ToSequenceNr = toSequenceNr;
        ReplayMax = replayMax;
    }

    public static Recovery Default { get; } = new(SnapshotSelectionCriteria.Latest);

    /// <summary>No snapshot and no events; sequence numbers go on after the highest one stored.</summary>
    public static Recovery None { get; } = new(SnapshotSelectionCriteria.None, 0L);

    public SnapshotSelectionCriteria FromSnapshot { get; }
    public long ToSequenceNr { get; }
    public long ReplayMax { get; }
}

/// <summary>Told to the actor's recover handler once, when everything has been replayed.</summary>
public sealed class RecoveryCompleted
{
    public static readonly RecoveryCompleted Instance = new();

    private RecoveryCompleted()
    {
    }
}

/// <summary>Checks that recovery gets on.</summary>
public sealed class RecoveryTick(bool snapshot)
{
    public bool Snapshot { get; } = snapshot;
}

public sealed class RecoveryTimedOutException : AkkaException
{
    public RecoveryTimedOutException()
    {
    }

    public RecoveryTimedOutException(string message, Exception? cause = null) : base(message, cause)
    {
    }
}

internal sealed class RequestRecoveryPermit
{
    public static readonly RequestRecoveryPermit Instance = new();
}

internal sealed class RecoveryPermitGranted
{
    public static readonly RecoveryPermitGranted Instance = new();
}

internal sealed class ReturnRecoveryPermit
{
    public static readonly ReturnRecoveryPermit Instance = new();
}

/// <summary>Lets at most so many actors recover at a time, so that the start of many does not overrun the journal.</summary>
internal sealed class RecoveryPermitter(int maxPermits) : UntypedActor
{
    private readonly HashSet<IActorRef> _granted = [];
    private readonly LinkedList<IActorRef> _waiting = [];

    public static Props Props(int maxPermits) => Akka.Actor.Props.Create(() => new RecoveryPermitter(maxPermits));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestRecoveryPermit:
                Context.Watch(Sender);
                if (_granted.Count < maxPermits)
                    Grant(Sender);
                else
                    _waiting.AddLast(Sender);
                break;
            case ReturnRecoveryPermit:
                Context.Unwatch(Sender);
                Release(Sender);
                break;
            case Terminated t:
                _waiting.Remove(t.ActorRef);
                Release(t.ActorRef);
                break;
        }
    }

    private void Grant(IActorRef actor)
    {
        _granted.Add(actor);
        actor.Tell(RecoveryPermitGranted.Instance, Self);
    }

    private void Release(IActorRef actor)
    {
        if (!_granted.Remove(actor) || _waiting.First == null) return;
        var next = _waiting.First.Value;
        _waiting.RemoveFirst();
        Grant(next);
    }
}
