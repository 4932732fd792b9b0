using Akka.Actor;

namespace AkkaPaxos.Journal;

/// <summary>How often the journal of an actor system has put on disk what waited for it: one write and one sync each.</summary>
internal sealed class JournalCommits : IExtension
{
    private long _count = -1; // nobody counts

    private sealed class Id : ExtensionIdProvider<JournalCommits>
    {
        public override JournalCommits CreateExtension(ExtendedActorSystem system) => new();
    }

    /// <summary>Those of an actor system.</summary>
    public static JournalCommits Of(ActorSystem system) => system.WithExtension<JournalCommits, Id>();

    /// <summary>How many; null: the journal does not say, which a <see cref="LogJournal"/> does and a database not.</summary>
    public long? Count => Volatile.Read(ref _count) is >= 0 and var count ? count : null;

    /// <summary>A journal begins that counts.</summary>
    public void Begin() => Interlocked.CompareExchange(ref _count, 0, -1);

    /// <summary>There was one more.</summary>
    public void Add() => Interlocked.Increment(ref _count);
}
