using Akka.Configuration;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.Journal;

/// <summary>The settings of a <see cref="LogJournal"/>: the section <see cref="LogJournal.PluginId"/>.</summary>
internal sealed class LogJournalSettings
{
    /// <summary>The size of a segment in reference.conf.</summary>
    public const long DefaultSegmentBytes = 64 << 20;

    /// <summary>Reads the settings.</summary>
    /// <param name="section">The plugin's section, with reference.conf behind it.</param>
    /// <exception cref="ConfigurationException">Something is missing or wrong; one line that names the key.</exception>
    public LogJournalSettings(Config section)
    {
        var read = new Section(section, LogJournal.PluginId);
        Directory = read.Text("directory");
        if (Directory.Length == 0) throw new SettingException(read.KeyOf("directory"), $"{read.KeyOf("directory")} is not set: where the journal's files are to be");
        SegmentBytes = read.Size("segment-bytes", max: 1L << 30);
        if (SegmentBytes < LogSettings.MinSegmentBytes) throw read.Wrong("segment-bytes", "64 KiB or more");
        IsSynced = read.Switch("sync");
    }

    /// <summary>Where the segments are.</summary>
    public string Directory { get; }

    /// <summary>The size of a segment.</summary>
    public long SegmentBytes { get; }

    /// <summary>Whether each commit is synced.</summary>
    public bool IsSynced { get; }

    /// <summary>Opens the log.</summary>
    /// <param name="committed">Called after each commit; null: nobody counts.</param>
    /// <exception cref="LogCorruptException">It is not what was written.</exception>
    /// <exception cref="IOException">It cannot be read or written, or somebody else has it.</exception>
    public SegmentedLog Open(Action? committed = null)
    {
        var log = SegmentedLog.Open(new DiskFolder(Directory, IsSynced), LogSettings.Of(SegmentBytes));
        log.Committed = committed;
        return log;
    }
}
