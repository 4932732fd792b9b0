using AkkaPaxos.Journal;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>A folder that is right, but for what a variant of it does not do: as if the log had forgotten to ask for it.</summary>
internal abstract class FaultyFolder(ILogFolder folder) : ILogFolder
{
    public string PathOf(string name) => folder.PathOf(name);

    public IReadOnlyList<string> Names() => folder.Names();

    public ILogFile Create(string name, long size) => new FaultyFile(this, folder.Create(name, size));

    public ILogFile Open(string name) => new FaultyFile(this, folder.Open(name));

    public void Rename(string from, string to) => folder.Rename(from, to);

    public void Delete(string name) => folder.Delete(name);

    public virtual void Sync() => folder.Sync();

    public void Dispose() => folder.Dispose();

    /// <summary>Before anything is written to a file.</summary>
    protected virtual void Writing(ILogFile file)
    {
    }

    /// <summary>What a sync of a file does.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isHead">Whether it is the first one since somebody wrote to the file's beginning, where a segment's head is.</param>
    protected virtual void Sync(ILogFile file, bool isHead) => file.Sync();

    private sealed class FaultyFile(FaultyFolder folder, ILogFile file) : ILogFile
    {
        private bool _isHead;

        public long Length => file.Length;

        public void Read(Span<byte> into, long at) => file.Read(into, at);

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            folder.Writing(file);
            _isHead |= at == 0;
            file.Write(bytes, at);
        }

        public void Sync()
        {
            folder.Sync(file, _isHead);
            _isHead = false;
        }

        public void Dispose() => file.Dispose();
    }
}

/// <summary>Syncs what was written when something else is to be written: acknowledged it is before that.</summary>
internal sealed class SyncsLater(ILogFolder folder) : FaultyFolder(folder)
{
    private ILogFile? _unsynced;

    protected override void Writing(ILogFile file)
    {
        _unsynced?.Sync();
        _unsynced = null;
    }

    protected override void Sync(ILogFile file, bool isHead) => _unsynced = file;
}

/// <summary>Leaves it to the system when to write.</summary>
internal sealed class NeverSyncs(ILogFolder folder) : FaultyFolder(folder)
{
    protected override void Sync(ILogFile file, bool isHead)
    {
    }
}

/// <summary>Syncs files, and not which names they have.</summary>
internal sealed class NeverSyncsNames(ILogFolder folder) : FaultyFolder(folder)
{
    public override void Sync()
    {
    }
}

/// <summary>Does not sync a segment's head before the file gets the segment's name; the first commit into it does.</summary>
internal sealed class BeginsUnsynced(ILogFolder folder) : FaultyFolder(folder)
{
    protected override void Sync(ILogFile file, bool isHead)
    {
        if (!isHead) file.Sync();
    }
}

/// <summary>Tries a sync again that failed: the system has marked the pages as written, so it succeeds.</summary>
internal sealed class TrustsSecondSync(ILogFolder folder) : FaultyFolder(folder)
{
    protected override void Sync(ILogFile file, bool isHead)
    {
        try
        {
            file.Sync();
        }
        catch (IOException)
        {
            file.Sync();
        }
    }
}
