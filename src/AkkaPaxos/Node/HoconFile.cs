using System.Text;
using Akka.Configuration;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.Node;

/// <summary>A configuration file or a setting cannot be used. The message is one line: file, line, column, key, and what is wrong.</summary>
public sealed class HoconFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line for the operator.</param>
    /// <param name="cause">What the reader or the file system said.</param>
    public HoconFileException(string message, Exception? cause = null) : base(message, cause) { }
}

/// <summary>
/// A user's configuration: a file and settings over it, in the whole HOCON language. It is read and checked here, and Akka.NET, whose own
/// parser knows less of the language and passes over most mistakes, is handed a plain text: no includes, no substitutions, no comments,
/// every string and every unusual key quoted.
/// </summary>
/// <remarks>Akka.NET takes the white space off both ends of a text, and the text "null", also in quotes, for no value.</remarks>
public sealed class HoconFile
{
    private const string Ours = "akkapaxos";
    private readonly string _path;
    private readonly TreeObject _tree;

    private HoconFile(string path, TreeObject tree)
    {
        (_path, _tree) = (path, tree);
        if (tree.Fields.Count == 0) return;
        var plain = new StringBuilder();
        tree.Render(plain, 0);
        Config = ConfigurationFactory.ParseString(plain.ToString());
    }

    /// <summary>Reads a file and applies settings on top of it.</summary>
    /// <param name="path">The file. Includes in it are relative to the file they stand in; substitutions fall back to environment variables.</param>
    /// <param name="settings"><c>key=value</c> or <c>key+=value</c>, each over what the file and earlier settings say. A value that starts with
    /// one of <c>[ { "</c> or holds <c>${</c> is HOCON, any other is taken as it is.</param>
    /// <exception cref="HoconFileException">A file is missing or malformed, a substitution has no value, a setting is not <c>key=value</c>.
    /// </exception>
    public static HoconFile Load(string path, IEnumerable<string> settings)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(settings);
        try
        {
            var root = HoconReader.Read(Source.OfFile(path));
            foreach (var setting in settings) root.AddAll(HoconReader.ReadField(Source.OfSetting(setting, Field(setting))));
            var tree = HoconResolver.Resolve(root);
            foreach (var (_, field) in tree.All()) RefuseTextNull(field.Value, field.At);
            return new HoconFile(path, tree);
        }
        catch (HoconException e)
        {
            throw new HoconFileException(e.Message, e);
        }
    }

    /// <summary>The resolved configuration, without fallbacks.</summary>
    public Config Config { get; } = ConfigurationFactory.Empty;

    /// <summary>Where a key gets its value: <c>file:line:column</c>, or <c>setting 'key=value'</c>. Null where neither sets it.</summary>
    /// <param name="key">The whole key, as <c>akkapaxos.leader.timeout</c>.</param>
    public string? PlaceOf(string key) => _tree.All().Where(f => f.Key == key).Select(f => f.Field.At.ToString()).FirstOrDefault();

    /// <summary>Refuses keys below <c>akkapaxos</c> that nothing reads.</summary>
    /// <param name="defaults">Every key that there is.</param>
    /// <remarks><c>akkapaxos.role</c> is the user's to add to, and so is a section named like a role that the user has added there.</remarks>
    /// <exception cref="HoconFileException">There is such a key; the message names the known key that is most like it.</exception>
    internal void RequireKnownKeys(Config defaults)
    {
        var known = new KnownKeys(defaults, Ours);
        string[] free = [$"{Ours}.role", .. RolesOfUser().Select(name => $"{Ours}.{HoconText.Key(name)}").Where(section => !known.Contains(section))];
        foreach (var (key, field) in _tree.All())
        {
            if (!key.StartsWith(Ours + ".", StringComparison.Ordinal) || known.Contains(key)) continue;
            if (free.Any(section => key == section || key.StartsWith(section + ".", StringComparison.Ordinal))) continue;
            throw new HoconFileException($"{field.At}: {key}: there is no such key; the nearest is {known.Nearest(key)}");
        }
    }

    /// <summary>What is wrong with the configuration, with the place in front of it where the file or a setting says so.</summary>
    internal string Describe(ConfigurationException e) => $"{(e is SettingException wrong ? PlaceOf(wrong.Key) : null) ?? _path}: {e.Message}";

    private IEnumerable<string> RolesOfUser() =>
        _tree.Fields.GetValueOrDefault(Ours)?.Value is TreeObject ours && ours.Fields.GetValueOrDefault("role")?.Value is TreeObject roles
            ? roles.Fields.Keys : [];

    /// <summary>A setting as a field of HOCON.</summary>
    private static string Field(string setting)
    {
        var equals = setting.IndexOf('=');
        if (equals < 0 || setting.AsSpan(0, equals).TrimEnd('+').IsWhiteSpace())
            throw new HoconException($"{Source.NameOf(setting)}: expected key=value");
        var value = setting[(equals + 1)..].Trim();
        var isHocon = value.StartsWith('[') || value.StartsWith('{') || value.StartsWith('"') || value.Contains("${", StringComparison.Ordinal);
        return $"{setting[..(equals + 1)]} {(isHocon ? value : HoconText.Quote(value))}";
    }

    private static void RefuseTextNull(TreeNode value, Place at)
    {
        if (value is TreeScalar { Kind: not ScalarKind.Null } scalar && scalar.Text.Trim() == "null")
            throw at.Error("Akka.NET takes the text \"null\" for no value; write another, or leave out the key");
        if (value is not TreeArray array) return;
        foreach (var item in array.Items) RefuseTextNull(item, at);
    }
}
