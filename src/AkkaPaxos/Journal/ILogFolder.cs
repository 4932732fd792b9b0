namespace AkkaPaxos.Journal;

/// <summary>
/// A folder of segments: what the log needs of a file system, and no more, so that a test can put one in its place that fails, lies about syncs and
/// forgets what was not synced.
/// </summary>
internal interface ILogFolder : IDisposable
{
    /// <summary>The path of a file in it, for messages.</summary>
    string PathOf(string name);

    /// <summary>The names of its files, in no order.</summary>
    IReadOnlyList<string> Names();

    /// <summary>Creates a file of zeros, in place of one that may be there; its bytes are on disk when this returns, so that a later sync has no size to write.</summary>
    /// <exception cref="IOException">It cannot; nothing of it is left.</exception>
    ILogFile Create(string name, long size);

    /// <summary>Opens a file.</summary>
    ILogFile Open(string name);

    /// <summary>Gives a file another name, in place of a file that has it; on disk after <see cref="Sync"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; on disk after <see cref="Sync"/>.</summary>
    void Delete(string name);

    /// <summary>Puts on disk which names there are.</summary>
    void Sync();
}

/// <summary>A file of a folder.</summary>
internal interface ILogFile : IDisposable
{
    /// <summary>Its size in bytes; it stays.</summary>
    long Length { get; }

    /// <summary>Reads as many bytes as fit, which must be there.</summary>
    void Read(Span<byte> into, long at);

    /// <summary>Writes within the file's size.</summary>
    void Write(ReadOnlySpan<byte> bytes, long at);

    /// <summary>Puts on disk what was written. Where it fails, what was written since the last one that did not may be on disk or not.</summary>
    void Sync();
}
