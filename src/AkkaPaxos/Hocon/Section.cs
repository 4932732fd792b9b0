using System.Globalization;
using System.Numerics;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaPaxos.Hocon;

/// <summary>A setting cannot be used. The message names the key; <see cref="Key"/> lets one find where a user's file sets it.</summary>
internal sealed class SettingException(string key, string message, Exception? cause = null) : ConfigurationException(message, cause)
{
    public string Key => key;
}

/// <summary>
/// Reads a section's values strictly. Akka's own <see cref="Config"/> makes a zero, an empty list or nothing of much that is missing or wrong;
/// here that is an error which says what is expected and what was found.
/// </summary>
internal sealed class Section
{
    private enum Kind { Missing, Null, Text, List, Section }

    private const string ASection = "a section { ... }";
    private readonly string _path;

    /// <param name="config">What the section holds, with its defaults behind it.</param>
    /// <param name="path">The section's own key.</param>
    public Section(Config config, string path) => (Config, _path) = (config, path);

    /// <summary>The section of a whole configuration.</summary>
    /// <exception cref="SettingException">It is not there, or no section.</exception>
    public static Section Of(Config config, string path)
    {
        _ = Find(config, path, path, ASection, Kind.Section);
        return new Section(config.GetConfig(path), path);
    }

    public Config Config { get; }

    public string KeyOf(string key) => $"{_path}.{key}";

    public Section Inner(string key)
    {
        _ = Find(key, ASection, Kind.Section);
        return new Section(Config.GetConfig(key), KeyOf(key));
    }

    public string Text(string key, string expected = "a text") => Find(key, expected, Kind.Text).GetString();

    public int Whole(string key, int min = 1, int max = int.MaxValue) => Number(key, min, max, Expected(min, max, int.MaxValue));

    public long Long(string key, long min = 1) => Number(key, min, long.MaxValue, Expected(min, long.MaxValue, long.MaxValue));

    public double Real(string key, double min, double max)
    {
        var expected = $"a number from {min:R} to {max:R}";
        return double.TryParse(Text(key, expected), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max ? number : throw Wrong(key, expected);
    }

    public bool Switch(string key)
    {
        const string Expected = "on or off";
        return HoconText.Boolean(Text(key, Expected)) ?? throw Wrong(key, Expected);
    }

    public TimeSpan Duration(string key)
    {
        const string Expected = "a duration above 0 (like 200 ms, 5s)";
        return HoconText.Duration(Text(key, Expected)) is { Ticks: > 0 } duration ? duration : throw Wrong(key, Expected);
    }

    /// <summary>A duration, or zero for <c>off</c>.</summary>
    public TimeSpan DurationOrOff(string key)
    {
        const string Expected = "off or a duration above 0 (like 200 ms, 5s)";
        var text = Text(key, Expected);
        return HoconText.Boolean(text) is false ? TimeSpan.Zero
            : HoconText.Duration(text) is { Ticks: > 0 } duration ? duration : throw Wrong(key, Expected);
    }

    public long Size(string key, long max = long.MaxValue)
    {
        var expected = $"a size above 0{(max == long.MaxValue ? "" : $" and up to {max >> 20} MiB")} (like 512 KiB, 4 MiB)";
        return HoconText.Size(Text(key, expected)) is > 0 and var size && size <= max ? size : throw Wrong(key, expected);
    }

    public IReadOnlyList<string> Texts(string key)
    {
        const string Expected = "a list of texts (like [a, b])";
        return [.. List(key, Expected).Select(item => KindOf(item) == Kind.Text ? item.GetString() : throw Wrong(KeyOf(key), Expected, item))];
    }

    /// <summary>The fields of each object in a list.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, HoconValue>> Objects(string key, string expected) =>
        [.. List(key, expected).Select(item => KindOf(item) == Kind.Section ? item.GetObject().Items : throw Wrong(KeyOf(key), expected, item))];

    /// <summary>The text of a value that <see cref="Objects"/> has given; null where it is none.</summary>
    public static string? TextOf(HoconValue? value) => KindOf(value) == Kind.Text ? value!.GetString() : null;

    /// <summary>What is in this section, by the order of its names.</summary>
    public IReadOnlyList<string> Names() => [.. Config.AsEnumerable().Select(field => field.Key).Order(StringComparer.Ordinal)];

    /// <summary>An error that says what a key's value is, and what it should be.</summary>
    public SettingException Wrong(string key, string expected) => Wrong(KeyOf(key), expected, Config.GetValue(key));

    private static SettingException Wrong(string fullKey, string expected, HoconValue? found) =>
        new(fullKey, $"{fullKey}: expected {expected}, found {Describe(found)}");

    private HoconValue Find(string key, string expected, Kind kind) => Find(Config, key, KeyOf(key), expected, kind);

    private static HoconValue Find(Config config, string key, string fullKey, string expected, Kind kind)
    {
        var value = config.GetValue(key);
        if (KindOf(value) == kind) return value!;
        // A text where a section should be hides all that is in it.
        for (var dot = key.IndexOf('.'); dot >= 0 && !key.StartsWith('"'); dot = key.IndexOf('.', dot + 1))
            if (config.GetValue(key[..dot]) is { } outer && KindOf(outer) != Kind.Section)
                throw Wrong(fullKey[..(fullKey.Length - key.Length + dot)], ASection, outer);
        throw Wrong(fullKey, expected, value);
    }

    private IEnumerable<HoconValue> List(string key, string expected) => Find(key, expected, Kind.List).GetArray();

    private T Number<T>(string key, T min, T max, string expected) where T : INumber<T> =>
        T.TryParse(Text(key, expected), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number : throw Wrong(key, expected);

    private static string Expected<T>(T min, T max, T limit) where T : INumber<T> =>
        max != limit ? $"a whole number from {min} to {max}" : min == T.One ? "a whole number above 0"
        : min == T.Zero ? "a whole number, 0 or above" : "a whole number";

    /// <summary>
    /// What a value is. Akka's parser knows no optional substitution: it takes it for one with an empty path, which stands for the whole
    /// configuration; here it is nothing. An empty list is no list in Akka's eyes.
    /// </summary>
    private static Kind KindOf(HoconValue? value)
    {
        if (value is null || value.Values.Count == 0 || value.Values.Any(part => part is HoconSubstitution { Path: "" })) return Kind.Missing;
        if (value.Values is [HoconSubstitution substitution]) return KindOf(substitution.ResolvedValue);
        if (value.IsObject()) return Kind.Section;
        if (value.IsArray() || value.Values.Any(part => part is HoconArray)) return Kind.List;
        return value.GetString() is null ? Kind.Null : Kind.Text;
    }

    private static string Describe(HoconValue? value) => KindOf(value) switch
    {
        Kind.Missing => "nothing",
        Kind.Null => "null (leave the key out for its default)",
        Kind.List => "a list",
        Kind.Section => "a section",
        _ => HoconText.Quote(value!.GetString()),
    };
}
