using AkkaPaxos.Journal;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>The power of the simulated machine is gone in the middle of something.</summary>
internal sealed class PowerFailedException : Exception;

/// <summary>
/// A folder of the journal's log on a simulated disk, with all that a real one may do. What was not synced is lost in part and sector by sector when the
/// power fails, names apart from bytes; a sync that failed leaves pages that read as they should and are not on disk; there may be no room.
/// </summary>
internal sealed class SimulatedFolder : ILogFolder
{
    private const int Sector = 512;

    private sealed class Content(long size)
    {
        public byte[] Seen { get; } = new byte[size];
        public byte[] OnDisk { get; } = new byte[size];
        public HashSet<int> Dirty { get; } = []; // sectors

        public void Write(int sector)
        {
            var (at, size) = (sector * Sector, Math.Min(Sector, Seen.Length - sector * Sector));
            Seen.AsSpan(at, size).CopyTo(OnDisk.AsSpan(at));
        }
    }

    private readonly Lock _gate = new(); // of the names: one thread may make a file while another one works
    private readonly Dictionary<string, Content> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Content> _namesOnDisk = new(StringComparer.Ordinal);
    private readonly List<Action<Dictionary<string, Content>>> _unsyncedNames = [];
    private int _opened;

    /// <summary>Bytes that there is room for.</summary>
    public long Room { get; set; } = long.MaxValue;

    /// <summary>Asked at each write, sync, creation and change of a name, which it may make fail by throwing; its argument says which it is.</summary>
    public Action<string> Fault { get; set; } = _ => { };

    /// <summary>What is on a failed sync's or a dead machine's disk of each dirty sector.</summary>
    public Func<bool> Chance { get; set; } = () => false;

    /// <summary>The power fails, and comes back.</summary>
    public void Crash()
    {
        foreach (var change in _unsyncedNames)
            if (Chance()) change(_namesOnDisk);
        _unsyncedNames.Clear();
        _names.Clear();
        foreach (var (name, content) in _namesOnDisk) _names.Add(name, content);
        foreach (var content in _names.Values)
        {
            foreach (var sector in content.Dirty.Order())
                if (Chance()) content.Write(sector);
            content.Dirty.Clear();
            content.OnDisk.CopyTo(content.Seen, 0);
        }
        _opened++;
    }

    /// <summary>The process ends: what it had open is closed, and the machine keeps what it has.</summary>
    public void Kill() => _opened++;

    /// <summary>A file's bytes, for a test that changes them; null where there is none.</summary>
    public byte[]? BytesOf(string name) => _names.GetValueOrDefault(name)?.Seen;

    /// <summary>Flips a bit of a file, on the disk.</summary>
    /// <returns>Flips it back, whatever the file is called by then.</returns>
    public Action Flip(string name, long at, int bit)
    {
        var content = _names[name];
        FlipIt();
        return FlipIt;

        void FlipIt()
        {
            content.Seen[at] ^= (byte)(1 << bit);
            content.OnDisk[at] ^= (byte)(1 << bit);
        }
    }

    /// <summary>Makes a file shorter.</summary>
    public void Cut(string name, int size)
    {
        var (before, after) = (_names[name], new Content(size));
        before.Seen.AsSpan(0, size).CopyTo(after.Seen);
        after.Seen.CopyTo(after.OnDisk, 0);
        _names[name] = _namesOnDisk[name] = after;
    }

    /// <summary>A copy of what is there, all of it on disk.</summary>
    public SimulatedFolder Copy()
    {
        var copy = new SimulatedFolder();
        foreach (var (name, content) in _names)
        {
            var same = new Content(content.Seen.Length);
            content.Seen.CopyTo(same.Seen, 0);
            content.Seen.CopyTo(same.OnDisk, 0);
            copy._names.Add(name, same);
            copy._namesOnDisk.Add(name, same);
        }
        return copy;
    }

    /// <inheritdoc/>
    public string PathOf(string name) => $"simulated/{name}";

    /// <inheritdoc/>
    public IReadOnlyList<string> Names()
    {
        lock (_gate) return [.. _names.Keys.Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public ILogFile Create(string name, long size)
    {
        Fault("create");
        var content = new Content(size);
        lock (_gate)
        {
            if (_names.Values.Distinct().Sum(c => (long)c.Seen.Length) + size > Room) throw new IOException("no space is left on the simulated disk");
            Name(names => names[name] = content);
        }
        return new SimulatedFile(this, content);
    }

    /// <inheritdoc/>
    public ILogFile Open(string name)
    {
        lock (_gate) return new SimulatedFile(this, _names[name]);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        Fault("rename");
        lock (_gate)
        {
            var content = _names[from];
            Name(names =>
            {
                if (names.GetValueOrDefault(from) == content) names.Remove(from);
                names[to] = content;
            });
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        Fault("delete");
        lock (_gate) Name(names => names.Remove(name));
    }

    private void Name(Action<Dictionary<string, Content>> change)
    {
        change(_names);
        _unsyncedNames.Add(change);
    }

    /// <inheritdoc/>
    public void Sync()
    {
        Fault("sync names");
        lock (_gate)
        {
            foreach (var change in _unsyncedNames) change(_namesOnDisk);
            _unsyncedNames.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class SimulatedFile(SimulatedFolder folder, Content content) : ILogFile
    {
        private readonly int _opened = folder._opened;

        public long Length => content.Seen.Length;

        private void IsOpen() => ObjectDisposedException.ThrowIf(_opened != folder._opened, this);

        public void Read(Span<byte> into, long at)
        {
            IsOpen();
            content.Seen.AsSpan((int)at, into.Length).CopyTo(into);
        }

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            IsOpen();
            bytes.CopyTo(content.Seen.AsSpan((int)at));
            for (var sector = at / Sector; sector * Sector < at + bytes.Length; sector++) content.Dirty.Add((int)sector);
            folder.Fault("write");
        }

        public void Sync()
        {
            IsOpen();
            try
            {
                folder.Fault("sync");
            }
            catch (IOException)
            {
                // As Linux does it: the pages are no longer to be written, and read as if they had been.
                foreach (var sector in content.Dirty.Order())
                    if (folder.Chance()) content.Write(sector);
                content.Dirty.Clear();
                throw;
            }
            foreach (var sector in content.Dirty) content.Write(sector);
            content.Dirty.Clear();
        }

        public void Dispose()
        {
        }
    }
}
