using Akka.Actor;

namespace AkkaPaxos.MultiPaxos;

/// <summary>To oneself, once the time is over for which the store was to be left alone: whether it can be written now.</summary>
internal sealed record TryStore : INodeMessage
{
    /// <summary>The one there is.</summary>
    public static readonly TryStore Instance = new();
}

/// <summary>What a role tells its node of its journal and snapshots: <see cref="StoreWatch"/> in the words of a persistent actor.</summary>
internal sealed class RoleStore
{
    // Longer than a busy disk takes, shorter than the time limits of Akka's plugins. A journal is read, and a snapshot read and written, as a whole.
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WholePatience = TimeSpan.FromSeconds(15);

    private readonly IActorContext _actor;
    private readonly RoleContext _context;
    private readonly DateTimeOffset _writesFrom;

    /// <summary>The role begins, and with it its recovery.</summary>
    /// <param name="actor">The actor's own context.</param>
    /// <param name="context">What the role was given.</param>
    public RoleStore(IActorContext actor, RoleContext context)
    {
        (_actor, _context) = (actor, context);
        _writesFrom = Now + context.WritesAfter;
        context.Store.Starts(WholePatience, Now);
    }

    /// <summary>Whether the role may write: not so soon after a write that failed (<see cref="RoleContext.WritesAfter"/>).</summary>
    public bool MayWrite => _context.WritesAfter == TimeSpan.Zero || Now >= _writesFrom;

    /// <summary>For how long the store has not answered while it was asked for something; zero where it is asked for nothing.</summary>
    public TimeSpan Waits => _context.Store.Waits(Now);

    private DateTimeOffset Now => _actor.System.Scheduler.Now;

    /// <summary>
    /// All is read. A role that may not write yet gets a <see cref="TryStore"/> when it may: so it is known soon that the store is back, also where
    /// nobody asks for anything that has to be written.
    /// </summary>
    public void Recovered()
    {
        _context.Store.Answered(Now);
        if (!MayWrite) _actor.System.Scheduler.ScheduleTellOnce(_writesFrom - Now, _actor.Self, TryStore.Instance, _actor.Self);
    }

    /// <summary>A write to the journal is on its way.</summary>
    public void Writes() => _context.Store.Asked("the journal", WritePatience, Now);

    /// <summary>A snapshot is on its way to the disk.</summary>
    public void Saves() => _context.Store.Asked("the snapshot store", WholePatience, Now);

    /// <summary>A write or a snapshot is on disk.</summary>
    public void Wrote() => _context.Store.Answered(Now);

    /// <summary>A write failed; the role goes on.</summary>
    /// <param name="what">What cannot be done.</param>
    /// <param name="cause">Why.</param>
    public void Failed(string what, Exception cause) => _context.Store.Failed($"{what}: {cause.OneLine()}", Now);

    /// <summary>Says to its node that the journal cannot be written; to be called in OnPersistFailure and OnPersistRejected.</summary>
    /// <param name="cause">Why.</param>
    public void WriteFailed(Exception cause)
    {
        Failed("the journal cannot be written", cause);
        _actor.Parent.Tell(new WriteFailed(cause), _actor.Self);
    }
}
