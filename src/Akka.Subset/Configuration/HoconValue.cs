using System.Globalization;
using System.Numerics;
using Hocon;

namespace Akka.Configuration.Hocon;

/// <summary>A view of one value of a <see cref="Config"/>.</summary>
public class HoconValue
{
    private readonly string _path;

    internal HoconValue(TreeNode tree, string path) => (Tree, _path) = (tree, path);

    internal TreeNode Tree { get; }

    public bool IsEmpty => Tree is TreeObject { Fields.Count: 0 };
    public bool IsString() => Tree is TreeScalar;
    public bool IsObject() => Tree is TreeObject;
    public bool IsArray() => Tree is TreeArray;

    /// <summary>The object, or null if this is none.</summary>
    public HoconObject GetObject() => Tree is TreeObject o ? new HoconObject(o, _path) : null!;

    /// <summary>The elements of an array, or of an object whose keys are whole numbers; none for anything else.</summary>
    public IList<HoconValue> GetArray() => Tree.AsArray()?.Select((item, i) => new HoconValue(item, $"{_path}[{i}]")).ToList() ?? [];

    public HoconValue GetChildObject(string key) => GetObject()?.GetKey(key)!;

    public Config AtKey(string key)
    {
        var o = new TreeObject();
        o.Fields.Add(key, Tree);
        return new Config(o);
    }

    public Config ToConfig() => new(Tree);

    /// <summary>The text of a scalar; null for HOCON's null, an object or an array.</summary>
    public string GetString() => Tree.Text!;

    public bool GetBoolean() => HoconText.Boolean(Tree.Text) ?? throw Wrong("a boolean (true, false, on, off, yes, no)");
    public byte GetByte() => Number<byte>("a whole number from 0 to 255");
    public int GetInt() => Number<int>("a whole number");
    public long GetLong() => Number<long>("a whole number");
    public float GetFloat() => Number<float>("a number");
    public double GetDouble() => Number<double>("a number");
    public decimal GetDecimal() => Number<decimal>("a number");
    // Akka.NET takes no fractions here, other than package Hocon.
    public long? GetByteSize() =>
        (Tree.Text?.Contains('.') == true ? null : HoconText.Size(Tree.Text)) ?? throw Wrong("a size in whole bytes (like 512, 64 KiB, 10 MB)");

    public TimeSpan GetTimeSpan(bool allowInfinite = true) =>
        HoconText.Duration(Tree.Text, allowInfinite) ?? throw Wrong($"a duration (like 200 ms, 5s, 1 minute{(allowInfinite ? ", infinite" : "")})");

    public IList<string> GetStringList() => [.. GetArray().Select(v => v.GetString())];
    public IList<int> GetIntList() => [.. GetArray().Select(v => v.GetInt())];

    public override string ToString() => Tree.ToString();

    private T Number<T>(string what) where T : INumberBase<T> =>
        T.TryParse(Tree.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(what);

    private FormatException Wrong(string what) => new($"{_path}: expected {what}, found {Tree}");
}

public class HoconObject
{
    internal HoconObject(TreeObject tree, string path)
    {
        Tree = tree;
        var prefix = path.Length == 0 ? "" : path + ".";
        Items = tree.Fields.ToDictionary(f => f.Key, f => new HoconValue(f.Value, prefix + HoconText.Key(f.Key)));
    }

    internal TreeObject Tree { get; }

    public Dictionary<string, HoconValue> Items { get; }

    /// <summary>The value of a key, or null.</summary>
    public HoconValue GetKey(string key) => Items.GetValueOrDefault(key)!;

    /// <summary>Plain dictionaries, lists and strings all the way down.</summary>
    public IDictionary<string, object> Unwrapped => (IDictionary<string, object>)Unwrap(Tree)!;

    private static object? Unwrap(TreeNode tree) => tree switch
    {
        TreeObject o => o.Fields.ToDictionary(f => f.Key, f => Unwrap(f.Value)!),
        TreeArray a => a.Items.Select(i => Unwrap(i)!).ToList(),
        _ => tree.Text,
    };

    public override string ToString() => Tree.ToString();
}
