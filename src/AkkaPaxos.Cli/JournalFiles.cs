using System.Data.Common;
using AkkaPaxos.Journal;
using Microsoft.Data.Sqlite;

namespace AkkaPaxos.Cli;

/// <summary>
/// The two kinds of journal that may be in a node's folder: <c>journal.db</c>, in SQLite, and <c>log</c>. A node must never begin an empty one beside its old one:
/// it would have forgotten what it promised.
/// </summary>
/// <remarks>
/// A conversion builds the new journal as <c>X.building</c>, and gives it the name <c>X.ready</c> when it is whole. Then it renames the old one away: from that moment
/// on the new one is the journal. What is left to do, to rename it to <c>X</c>, whoever comes next does, should the machine stop there.
/// </remarks>
internal sealed class JournalFiles(string folder)
{
    private const string Building = ".building", Ready = ".ready";

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>Where a journal is.</summary>
    /// <param name="isLog">Of which kind.</param>
    public string PathOf(bool isLog) => Path.Combine(Folder, isLog ? "log" : "journal.db");

    /// <summary>Where a journal is being built.</summary>
    public string BuildingOf(bool isLog) => PathOf(isLog) + Building;

    /// <summary>What people call a kind.</summary>
    public static string Words(bool isLog) => isLog ? "a log" : "a journal in SQLite";

    /// <summary>What the setting <c>akkapaxos.journal</c> calls a kind.</summary>
    public static string Word(bool isLog) => isLog ? "log" : "sql";

    /// <summary>Whether there is a journal of a kind that has ever had an entry.</summary>
    /// <exception cref="CliException">That cannot be told; one line.</exception>
    public bool HasEntries(bool isLog)
    {
        var path = PathOf(isLog);
        try
        {
            if (!isLog) return File.Exists(path) && SqlJournalFile.HasEntries(path);
            if (!DiskFolder.HasSegments(path)) return false;
            using var log = SegmentedLog.Open(new DiskFolder(path, sync: true), LogSettings.Of(LogSettings.MinSegmentBytes));
            return log.Index.PersistenceIds.Count > 0;
        }
        catch (LogCorruptException)
        {
            return true; // something was written
        }
        catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path}, {Words(isLog)}, cannot be read: {Program.OneLine(e.Message)}", NodeCommand.CannotStart);
        }
    }

    /// <summary>Refuses to run on a journal of one kind where the folder has one of the other.</summary>
    /// <param name="isLog">The kind that is to be used.</param>
    /// <exception cref="CliException">It has.</exception>
    public void RequireNoOther(bool isLog)
    {
        if (!HasEntries(!isLog)) return;
        throw new CliException($"akkapaxos.data-directory {Path.GetFullPath(Folder)} holds {Words(!isLog)} with entries, and akkapaxos.journal = {Word(isLog)}: with an "
            + $"empty one beside it this node would have forgotten what it promised. `akkapaxos journal convert --to {Word(isLog)}` makes one from the other; or set "
            + $"akkapaxos.journal = {Word(!isLog)}", NodeCommand.CannotStart);
    }

    /// <summary>Ends a conversion that was not ended; one that had not come to its decisive step never was.</summary>
    /// <exception cref="IOException">A file cannot be renamed or removed.</exception>
    public void Finish()
    {
        foreach (var isLog in (bool[])[true, false])
        {
            var (path, ready) = (PathOf(isLog), PathOf(isLog) + Ready);
            if (Exists(ready) && !Exists(path) && !Exists(PathOf(!isLog))) Move(ready, path);
            else Remove(ready);
            Remove(BuildingOf(isLog));
        }
    }

    /// <summary>The journal that was built takes the place of the other one, which is kept under another name.</summary>
    /// <param name="isLog">The kind that was built.</param>
    /// <returns>Where the old one is.</returns>
    public string Switch(bool isLog)
    {
        var old = $"{PathOf(!isLog)}.converted-{DateTime.UtcNow:yyyyMMddTHHmmssZ}";
        Move(BuildingOf(isLog), PathOf(isLog) + Ready);
        Move(PathOf(!isLog), old);
        Move(PathOf(isLog) + Ready, PathOf(isLog));
        return old;
    }

    /// <summary>Removes a journal that has nothing in it.</summary>
    public void RemoveEmpty(bool isLog) => Remove(PathOf(isLog));

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private void Move(string from, string to)
    {
        Directory.Move(from, to); // a file, too
        DiskFolder.SyncNames(Folder);
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        foreach (var beside in (string[])["", "-wal", "-shm", "-journal"]) File.Delete(path + beside);
    }
}
