namespace AkkaPaxos.Node.Hocon;

/// <summary>What a text says, read by path: keys with dots between them, quoted where a key holds a dot.</summary>
internal class HoconRoot
{
    internal HoconRoot(HoconValue value) => Value = value;

    public virtual HoconValue Value { get; internal set; }

    public virtual bool HasPath(string path) => Find(path) is not null;

    /// <exception cref="HoconValueException">There is nothing at this path.</exception>
    public virtual HoconValue GetValue(string path) => Read(path, v => v);

    public virtual string GetString(string path) => Read(path, v => v.GetString());
    public virtual string GetString(string path, string? @default) => Read(path, v => v.GetString(), @default!);
    public virtual bool GetBoolean(string path) => Read(path, v => v.GetBoolean());
    public virtual bool GetBoolean(string path, bool @default) => Read(path, v => v.GetBoolean(), @default);
    public virtual int GetInt(string path) => Read(path, v => v.GetInt());
    public virtual int GetInt(string path, int @default) => Read(path, v => v.GetInt(), @default);
    public virtual long GetLong(string path) => Read(path, v => v.GetLong());
    public virtual long GetLong(string path, long @default) => Read(path, v => v.GetLong(), @default);
    public virtual double GetDouble(string path) => Read(path, v => v.GetDouble());
    public virtual double GetDouble(string path, double @default) => Read(path, v => v.GetDouble(), @default);
    public virtual long? GetByteSize(string path) => Read(path, v => v.GetByteSize());
    public virtual long? GetByteSize(string path, long? @default) => Read(path, v => v.GetByteSize(), @default);
    public virtual TimeSpan GetTimeSpan(string path, bool allowInfinite = true) => Read(path, v => v.GetTimeSpan(allowInfinite));

    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default, bool allowInfinite = true) =>
        Read(path, v => v.GetTimeSpan(allowInfinite), @default.GetValueOrDefault());

    public virtual IList<string> GetStringList(string path) => Read(path, v => v.GetStringList());
    public virtual IList<string> GetStringList(string path, IList<string> @default) => Read(path, v => v.GetStringList(), @default);

    public virtual IEnumerable<KeyValuePair<string, HoconField>> AsEnumerable() => Value.GetObject();

    public override string ToString() => Value.ToString();

    private TreeNode? Find(string path) => Value.Tree.Find(HoconText.SplitPath(path));

    private T Read<T>(string path, Func<HoconValue, T> read)
    {
        var node = Find(path) ?? throw new HoconValueException($"{path}: there is no such value", path, new KeyNotFoundException(path));
        try { return read(new HoconValue(node)); }
        catch (HoconException e) { throw new HoconValueException($"{path}: {e.Message}", path, e); }
    }

    private T Read<T>(string path, Func<HoconValue, T> read, T @default) => HasPath(path) ? Read(path, read) : @default;
}

/// <summary>A root that can have fallbacks.</summary>
internal class Config : HoconRoot
{
    internal Config(TreeNode tree) : base(new HoconValue(tree)) { }

    public static Config Empty { get; } = new(new TreeObject());

    public HoconValue Root => Value;

    public virtual bool IsEmpty => Value.Tree is TreeObject { Fields.Count: 0 };

    public static implicit operator Config(string str) => HoconConfigurationFactory.ParseString(str);

    /// <summary>The section at a path; empty if there is none.</summary>
    public virtual Config GetConfig(string path) => Value.Tree.Find(HoconText.SplitPath(path)) is { } section ? new Config(section) : Empty;

    public virtual Config WithFallback(Config fallback)
    {
        if (ReferenceEquals(fallback, this)) throw new ArgumentException("Config can not have itself as fallback", nameof(fallback));
        return fallback.IsNullOrEmpty() ? this : IsEmpty ? fallback : new Config(TreeNode.Merge(Value.Tree, fallback.Value.Tree));
    }
}

internal static class ConfigExtensions
{
    public static bool IsNullOrEmpty(this Config? config) => config is null || config.IsEmpty;
}

internal static class HoconConfigurationFactory
{
    public static Config Empty => Config.Empty;

    public static Config ParseString(string hocon) => new(HoconParser.ParseTree(hocon));

    public static Config ParseString(string hocon, HoconIncludeCallbackAsync includeCallback) => new(HoconParser.ParseTree(hocon, includeCallback));

    /// <summary>
    /// Reads a file; a path without extension is tried with .conf, .hocon and .properties. Includes in it find nothing: who wants them gives
    /// <see cref="ParseString(string, HoconIncludeCallbackAsync)"/> a callback.
    /// </summary>
    /// <exception cref="ConfigurationException">There is no such file.</exception>
    public static Config FromFile(string filePath)
    {
        string[] extensions = Path.GetExtension(filePath).Length > 0 ? [""] : [".conf", ".hocon", ".properties"];
        var candidates = extensions.Select(extension => filePath + extension);
        var found = candidates.FirstOrDefault(File.Exists) ?? throw new ConfigurationException($"No HOCON file at {filePath} could be found.");
        return ParseString(File.ReadAllText(found));
    }
}
