using System.CommandLine;
using Akka.Configuration;
using AkkaPaxos.Journal;
using AkkaPaxos.Node;

namespace AkkaPaxos.Cli;

/// <summary>The options that say which node's journal a command works on.</summary>
internal sealed class JournalOptions
{
    private readonly Option<string?> _file = new("--config") { Description = "The node's HOCON file.", HelpName = "FILE" };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting over the file's. May be given again.", HelpName = "key=value" };
    private readonly Option<string?> _folder = new("--data-directory") { Description = "The node's folder, where no file is given.", HelpName = "FOLDER" };

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_file, _set, _folder]) command.Add(option);
    }

    /// <summary>The folder that they name, held so that no node runs on it.</summary>
    /// <exception cref="CliException">They name none, or it cannot be had; one line.</exception>
    public JournalPlace Open(ParseResult parsed)
    {
        var (file, folder) = (parsed.GetValue(_file), parsed.GetValue(_folder));
        if (file is null == folder is null) throw new CliException("either --config or --data-directory says where the journal is", 2);
        return file is null ? JournalPlace.Of(folder!) : JournalPlace.Of(file, parsed.GetValue(_set) ?? []);
    }
}

/// <summary>A node's folder, held as a running node would hold it.</summary>
internal sealed class JournalPlace : IDisposable
{
    private readonly DataFolder _held;

    private JournalPlace(string folder, PaxosSettings? settings)
    {
        if (!Directory.Exists(folder)) throw new CliException($"there is no folder {Path.GetFullPath(folder)}", 2);
        _held = DataFolder.Take(folder, settings);
        Files = new JournalFiles(folder);
        try
        {
            Files.Finish();
        }
        catch
        {
            _held.Dispose();
            throw;
        }
    }

    /// <summary>Its journals.</summary>
    public JournalFiles Files { get; }

    /// <summary>How large a segment of a log is to be.</summary>
    public long SegmentBytes { get; private init; } = LogJournalSettings.DefaultSegmentBytes;

    /// <summary>What the node runs with; where only its folder is known, what every node does.</summary>
    public Config Config { get; private init; } = NodeConfig.Defaults.WithFallback(PaxosSettings.DefaultConfig());

    /// <summary>A folder of a node of which nothing else is known.</summary>
    /// <exception cref="CliException">It is not there, or in use.</exception>
    public static JournalPlace Of(string folder) => new(folder, null);

    /// <summary>The folder of the node that a file describes.</summary>
    /// <exception cref="CliException">The file cannot be used, or the folder cannot be had.</exception>
    public static JournalPlace Of(string file, string[] set) => NodeConfig.Read(file, set, config =>
    {
        var settings = new PaxosSettings(config);
        var folder = NodeConfig.DataDirectory(config, settings);
        foreach (var (key, own) in NodeConfig.Places(folder))
            if (config.GetString(key) is { } found && found != own)
                throw new CliException($"{key} is set, and this works on what is in akkapaxos.data-directory; leave it out", 2);
        return new JournalPlace(folder, settings) { Config = config, SegmentBytes = new LogJournalSettings(config.GetConfig(LogJournal.PluginId)).SegmentBytes };
    });

    /// <summary>Whether the journal that is there is a log.</summary>
    /// <exception cref="CliException">There is none, or one of each kind.</exception>
    public bool IsLog()
    {
        var (log, sql) = (Files.HasEntries(true), Files.HasEntries(false));
        if (log && sql)
            throw new CliException($"{Files.Folder} holds journals of both kinds, {Files.PathOf(true)} and {Files.PathOf(false)}: only one of them is what the node last ran on; move the other away", 1);
        return log || sql ? log : throw new CliException($"there is no journal in {Files.Folder}: its node begins one of the kind that akkapaxos.journal names", 1);
    }

    /// <summary>Opens a log.</summary>
    /// <exception cref="LogCorruptException">Something in it is not as it was.</exception>
    public static SegmentedLog OpenLog(string folder, long segmentBytes) => SegmentedLog.Open(new DiskFolder(folder, sync: true), LogSettings.Of(segmentBytes));

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();
}
