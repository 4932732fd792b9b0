using System.Globalization;
using System.Numerics;

namespace AkkaPaxos.Node.Hocon;

internal enum HoconType { Empty, Array, Object, String, Boolean, Number }

/// <summary>A resolved value.</summary>
internal class HoconValue
{
    internal HoconValue(TreeNode tree) => Tree = tree;

    internal TreeNode Tree { get; }

    public virtual HoconType Type => Tree switch
    {
        TreeObject => HoconType.Object,
        TreeArray => HoconType.Array,
        TreeScalar { Kind: ScalarKind.Unquoted, Text: "true" or "false" or "on" or "off" or "yes" or "no" } => HoconType.Boolean,
        TreeScalar { Kind: ScalarKind.Unquoted } scalar when IsNumber(scalar.Text!) => HoconType.Number,
        _ => HoconType.String,
    };

    /// <exception cref="HoconException">This is no object.</exception>
    public virtual HoconObject GetObject() => Tree is TreeObject o ? new HoconObject(o) : throw Wrong("an object");

    /// <summary>The elements of an array, or of an object whose keys are whole numbers.</summary>
    /// <exception cref="HoconException">This is neither.</exception>
    public virtual IList<HoconValue> GetArray() => Tree.AsArray()?.Select(item => new HoconValue(item)).ToList() ?? throw Wrong("an array");

    /// <summary>The text of a scalar; null for HOCON's null.</summary>
    /// <exception cref="HoconException">This is an object or an array.</exception>
    public virtual string GetString() => Tree is TreeScalar ? Tree.Text! : throw Wrong("a string");

    public bool GetBoolean() => HoconText.Boolean(Tree.Text) ?? throw Wrong("a boolean (true, false, on, off, yes, no)");
    public int GetInt() => Number<int>("a whole number");
    public long GetLong() => Number<long>("a whole number");
    public double GetDouble() => Number<double>("a number");
    public long? GetByteSize() => HoconText.Size(Tree.Text) ?? throw Wrong("a size in bytes (like 512, 64 KiB, 10 MB)");
    public TimeSpan GetTimeSpan(bool allowInfinite = true) =>
        HoconText.Duration(Tree.Text, allowInfinite) ?? throw Wrong("a duration (like 200 ms, 5s, 1 minute)");
    public IList<string> GetStringList() => [.. GetArray().Select(v => v.GetString())];

    public override string ToString() => Tree.ToString();

    // .NET also takes Infinity and NaN for numbers.
    private static bool IsNumber(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[^1]) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private T Number<T>(string what) where T : INumberBase<T> =>
        T.TryParse(Tree.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(what);

    private HoconException Wrong(string what) => new($"expected {what}, found {Tree}");
}

/// <summary>The fields of an object, in the order they were first defined.</summary>
internal class HoconObject : Dictionary<string, HoconField>
{
    internal HoconObject(TreeObject tree)
    {
        foreach (var (key, value) in tree.Fields) Add(key, new HoconField(key, new HoconValue(value)));
    }

    public bool IsEmpty => Count == 0;

    public bool TryGetField(string key, out HoconField result) => TryGetValue(key, out result!);
}

internal sealed class HoconField
{
    internal HoconField(string key, HoconValue value) => (Key, Value) = (key, value);

    public string Key { get; }
    public HoconValue Value { get; }
    public HoconType Type => Value.Type;
    public HoconObject GetObject() => Value.GetObject();
    public IList<HoconValue> GetArray() => Value.GetArray();
    public string GetString() => Value.GetString();
}
