using Hocon;
using HoconValue = Akka.Configuration.Hocon.HoconValue;

namespace Akka.Configuration;

/// <summary>A resolved configuration. Paths are keys with dots between them; a key that holds a dot is quoted. Immutable.</summary>
public class Config
{
    public static readonly Config Empty = new(new TreeObject());

    internal Config(TreeNode tree) => Tree = tree;

    internal TreeNode Tree { get; }

    public virtual bool IsEmpty => Tree is TreeObject { Fields.Count: 0 };

    public virtual HoconValue Root => new(Tree, "");

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);

    public virtual Config WithFallback(Config fallback)
    {
        if (ReferenceEquals(fallback, this)) throw new ArgumentException("Config can not have itself as fallback", nameof(fallback));
        if (fallback.IsNullOrEmpty()) return this;
        return IsEmpty ? fallback : new Config(TreeNode.Merge(Tree, fallback.Tree));
    }

    /// <summary>The section at a path, or null if there is none.</summary>
    public virtual Config GetConfig(string path) => Node(path) is { } value ? new Config(value.Tree) : null!;

    public HoconValue GetValue(string path) => Node(path)!;

    public virtual bool HasPath(string path) => Node(path) is not null;

    public virtual string GetString(string path, string? @default = null) => (Node(path) is { } value ? value.GetString() : @default)!;
    public virtual bool GetBoolean(string path, bool @default = false) => Node(path)?.GetBoolean() ?? @default;
    public virtual int GetInt(string path, int @default = 0) => Node(path)?.GetInt() ?? @default;
    public virtual long GetLong(string path, long @default = 0) => Node(path)?.GetLong() ?? @default;
    public virtual float GetFloat(string path, float @default = 0) => Node(path)?.GetFloat() ?? @default;
    public virtual double GetDouble(string path, double @default = 0) => Node(path)?.GetDouble() ?? @default;
    public virtual decimal GetDecimal(string path, decimal @default = 0) => Node(path)?.GetDecimal() ?? @default;
    public virtual long? GetByteSize(string path) => Node(path)?.GetByteSize();
    public virtual long? GetByteSize(string path, long? def = null) => Node(path)?.GetByteSize() ?? def;

    /// <summary>A duration; "infinite" is <see cref="Timeout.InfiniteTimeSpan"/> where allowed.</summary>
    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        Node(path)?.GetTimeSpan(allowInfinite) ?? @default.GetValueOrDefault();

    public virtual IList<string> GetStringList(string path) => Node(path)?.GetStringList() ?? [];
    public virtual IList<string> GetStringList(string path, string[] strings) => Node(path)?.GetStringList() ?? strings;
    public virtual IList<int> GetIntList(string path) => Node(path)?.GetIntList() ?? [];

    /// <summary>The fields of the root, in the order they were first defined.</summary>
    public virtual IEnumerable<KeyValuePair<string, HoconValue>> AsEnumerable() =>
        Tree is TreeObject o ? o.Fields.Select(f => KeyValuePair.Create(f.Key, new HoconValue(f.Value, f.Key))) : [];

    public override string ToString() => Tree.ToString();

    private HoconValue? Node(string path) => Tree.Find(HoconText.SplitPath(path)) is { } node ? new HoconValue(node, path) : null;
}

public static class ConfigExtensions
{
    public static bool IsNullOrEmpty(this Config? config) => config is null || config.IsEmpty;

    public static Config SafeWithFallback(this Config? config, Config fallback) =>
        config is null ? fallback : ReferenceEquals(config, fallback) ? config : config.WithFallback(fallback);
}
