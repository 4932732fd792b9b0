namespace AkkaPaxos.Journal;

/// <summary>What stands in the log.</summary>
internal abstract record LogRecord;

/// <summary>An event of a persistent actor.</summary>
/// <param name="PersistenceId">Whose.</param>
/// <param name="SequenceNr">Its number among the actor's events, from 1.</param>
/// <param name="Timestamp">When it was written, in ticks (UTC).</param>
/// <param name="SerializerId">The serializer that wrote the payload.</param>
/// <param name="Manifest">What that serializer wants to be told to read it.</param>
/// <param name="EventManifest">The event's own manifest, from an event adapter; mostly empty.</param>
/// <param name="Writer">The actor's incarnation, by which a replay filter knows two writers apart.</param>
/// <param name="Payload">The event, as its serializer wrote it.</param>
internal sealed record LogEntry(
    string PersistenceId, long SequenceNr, long Timestamp, int SerializerId, string Manifest, string EventManifest, string Writer,
    byte[] Payload) : LogRecord
{
    /// <summary>By what it holds: the payload's bytes, not where they are.</summary>
    public bool Equals(LogEntry? other) => other is not null && PersistenceId == other.PersistenceId && SequenceNr == other.SequenceNr
        && Timestamp == other.Timestamp && SerializerId == other.SerializerId && Manifest == other.Manifest && EventManifest == other.EventManifest
        && Writer == other.Writer && Payload.AsSpan().SequenceEqual(other.Payload);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(PersistenceId, SequenceNr);
}

/// <summary>
/// Of an actor's events those up to a number are deleted. The highest number that it ever used stands here too, as an actor must not use one twice,
/// also when all of its events are gone.
/// </summary>
/// <param name="PersistenceId">Whose.</param>
/// <param name="To">The last that is deleted.</param>
/// <param name="Highest">The highest number that was ever written.</param>
internal sealed record LogDeletion(string PersistenceId, long To, long Highest) : LogRecord;

/// <summary>Nothing in the segments before <paramref name="First"/> is needed: they are about to go, and one that is still there is a leftover.</summary>
/// <param name="First">The first segment of the log.</param>
internal sealed record LogRetirement(long First) : LogRecord;
