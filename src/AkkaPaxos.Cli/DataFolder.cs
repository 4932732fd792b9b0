using AkkaPaxos.Node;

namespace AkkaPaxos.Cli;

/// <summary>
/// A node's folder of journal and snapshots, while the node runs: one process has it, and it belongs to one node. Two writers would ruin a journal, and a node
/// that ran on another one's records, or on none, would have forgotten what it promised.
/// </summary>
/// <remarks>
/// The lock is the operating system's, on an open file: it ends with its process, however that ends. Nobody can read what stands in a file that is locked so; who has
/// it stands in another one.
/// </remarks>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "node.lock";
    private const string HolderName = "node.pid";
    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Creates the folder where it is missing, and takes it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="settings">Whose it is to be; null: whose it is.</param>
    /// <exception cref="CliException">It cannot be written, another process has it, or it is another node's; one line.</exception>
    public static DataFolder Take(string folder, PaxosSettings? settings)
    {
        var where = $"akkapaxos.data-directory {Path.GetFullPath(folder)}";
        FileStream held;
        try
        {
            Directory.CreateDirectory(folder);
            held = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(IsHeld(folder)
                ? $"{where} is in use{Holder(folder)}; each node needs a folder of its own"
                : $"{where} cannot be written: {e.Message}", NodeCommand.CannotStart);
        }
        try
        {
            File.WriteAllText(Path.Combine(folder, HolderName), $"{Environment.ProcessId}\n");
            if (settings is null) return new DataFolder(held);
            var owner = $"node {settings.NodeId} of group {settings.Group}";
            using (var reader = new StreamReader(held, leaveOpen: true))
                if (reader.ReadToEnd().TrimEnd() is { Length: > 0 } found && found != owner)
                    throw new CliException($"{where} belongs to {found}, and this is {owner}: give it a folder of its own", NodeCommand.CannotStart);
            held.SetLength(0);
            using (var writer = new StreamWriter(held, leaveOpen: true)) writer.WriteLine(owner);
            held.Flush(flushToDisk: true);
        }
        catch (Exception e)
        {
            held.Dispose();
            if (e is IOException or UnauthorizedAccessException) throw new CliException($"{where} cannot be written: {e.Message}", NodeCommand.CannotStart);
            throw;
        }
        return new DataFolder(held);
    }

    /// <summary>Lets another process have it.</summary>
    public void Dispose() => _lock.Dispose();

    private static string Holder(string folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(folder, HolderName)), out var process) ? $": process {process} works on it" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsHeld(string folder)
    {
        try
        {
            using var probe = new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return false;
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, LockName)))
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
