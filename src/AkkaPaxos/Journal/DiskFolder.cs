using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AkkaPaxos.Journal;

/// <summary>Somebody else has the log.</summary>
/// <param name="path">Its folder.</param>
internal sealed class LogInUseException(string path) : IOException($"the journal in {path} is in use, its file '{DiskFolder.LockName}' is locked");

/// <summary>A folder on a real disk. One object at a time has it, by a lock on a file in it.</summary>
internal sealed class DiskFolder : ILogFolder
{
    internal const string LockName = "lock";
    private const int FillAtOnce = 1 << 20;

    private readonly string _path;
    private readonly bool _sync;
    private readonly FileStream _lock;

    /// <summary>Takes a folder, and creates it where it is missing.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="sync">False: nothing waits for the disk, and a power failure takes what was written last.</param>
    /// <exception cref="IOException">It cannot be written, or another object has it.</exception>
    public DiskFolder(string path, bool sync)
    {
        (_path, _sync) = (Path.GetFullPath(path), sync);
        var isNew = !Directory.Exists(_path);
        Directory.CreateDirectory(_path);
        try
        {
            _lock = new FileStream(Path.Combine(_path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw File.Exists(Path.Combine(_path, LockName)) ? new LogInUseException(_path) : new IOException($"{_path} cannot be written: {e.Message}", e);
        }
        if (isNew && _sync && Path.GetDirectoryName(_path) is { } parent) SyncNames(parent);
    }

    /// <summary>Whether there are segments in a folder, without taking it.</summary>
    public static bool HasSegments(string path) => Directory.Exists(path) && Directory.EnumerateFiles(path).Any(f => Segment.NumberOf(Path.GetFileName(f)) is not null);

    /// <inheritdoc/>
    public string PathOf(string name) => Path.Combine(_path, name);

    /// <inheritdoc/>
    public IReadOnlyList<string> Names() => [.. Directory.EnumerateFiles(_path).Select(f => Path.GetFileName(f)).Where(n => n != LockName)];

    /// <inheritdoc/>
    public ILogFile Create(string name, long size)
    {
        var path = PathOf(name);
        SafeFileHandle? handle = null;
        try
        {
            // Blocks that were only reserved are marked as written when they are, which costs each sync a second write: of zeros there is nothing to mark.
            // Reserved all the same, so that a disk without room says so at once. Synced in steps, so that no sync of another file waits for all of it.
            handle = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, size);
            var file = new DiskFile(handle, size, _sync);
            var zeros = new byte[Math.Min(size, FillAtOnce)];
            for (long at = 0; at < size; at += zeros.Length)
            {
                file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, size - at)), at);
                file.Sync();
            }
            return file;
        }
        catch
        {
            handle?.Dispose();
            File.Delete(path); // what was filled takes the room that somebody else waits for
            throw;
        }
    }

    /// <inheritdoc/>
    public ILogFile Open(string name)
    {
        var handle = File.OpenHandle(PathOf(name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return new DiskFile(handle, RandomAccess.GetLength(handle), _sync);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    /// <inheritdoc/>
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <inheritdoc/>
    public void Sync()
    {
        if (_sync) SyncNames(_path);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <summary>Puts a folder's names on disk. The runtime opens no folders; on Windows a file system keeps names by itself.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    internal static void SyncNames(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = open(folder, 0);
        if (descriptor < 0) throw Failure("opened");
        try
        {
            if (fsync(descriptor) != 0) throw Failure("synced");
        }
        finally
        {
            close(descriptor);
        }

        IOException Failure(string what) => new($"the folder {folder} cannot be {what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [DllImport("libc", ExactSpelling = true, SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", ExactSpelling = true, SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", ExactSpelling = true)]
    private static extern int close(int descriptor);
}

/// <summary>A file on a real disk.</summary>
internal sealed class DiskFile(SafeFileHandle handle, long length, bool sync) : ILogFile
{
    /// <inheritdoc/>
    public long Length => length;

    /// <inheritdoc/>
    public void Read(Span<byte> into, long at)
    {
        while (into.Length > 0)
        {
            var read = RandomAccess.Read(handle, into, at);
            if (read == 0) throw new EndOfStreamException($"the file ends at {at}, {into.Length} bytes early");
            into = into[read..];
            at += read;
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(handle, bytes, at);

    // The runtime has fsync only, which also writes the time of the last change, and so the file system's own log: fdatasync leaves that out.
    /// <inheritdoc/>
    public void Sync()
    {
        if (!sync) return;
        if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(handle);
        else if (fdatasync(handle) != 0) throw new IOException($"a sync failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    [DllImport("libc", ExactSpelling = true, SetLastError = true)]
    private static extern int fdatasync(SafeFileHandle descriptor);
}
