using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Akka.Configuration;
using AkkaPaxos.Node.Hocon;
using Config = Akka.Configuration.Config;

namespace AkkaPaxos.Node;

/// <summary>A configuration file or a setting cannot be used. The message is one line: file, line, column if known, and what is wrong.</summary>
public sealed class HoconFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line for the operator.</param>
    /// <param name="cause">What the parser or the file system said.</param>
    public HoconFileException(string message, Exception? cause = null) : base(message, cause) { }
}

/// <summary>
/// Reads a user's configuration with the whole HOCON language (package Hocon) and hands Akka.NET, whose own parser knows less of it, a plain
/// text: no includes, no substitutions, every string and every unusual key quoted.
/// </summary>
public static class HoconFile
{
    /// <summary>Reads a file and applies settings on top of it.</summary>
    /// <param name="path">The file. Includes in it are relative to the file they stand in; substitutions fall back to environment variables.</param>
    /// <param name="settings"><c>key=value</c>, each replacing what the file and earlier settings say. A value that starts with one of
    /// <c>[ { "</c> or holds <c>${</c> is HOCON, any other is taken as it is.</param>
    /// <returns>The resolved configuration, without fallbacks.</returns>
    /// <exception cref="HoconFileException">A file is missing or malformed, a substitution has no value, a setting is not <c>key=value</c>.
    /// </exception>
    public static Config Load(string path, IEnumerable<string> settings)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(settings);
        var sources = new Sources(path);
        var root = sources.Root;
        var firstSetting = root.Text.Count(c => c == '\n') + 2;
        var given = settings.ToList();
        var text = string.Join('\n', given.Select(Line).Prepend(root.Text));
        if (string.IsNullOrWhiteSpace(text)) return ConfigurationFactory.Empty;
        try
        {
            var tree = Parse(text, name => sources.TextOf(name));
            var plain = new StringBuilder();
            if (tree.Type == HoconType.Array) throw new HoconFileException($"{root.Name}:1:1: the file holds an array, expected an object");
            if (tree.Type == HoconType.Object) Fields(plain, tree.GetObject(), 0);
            return ConfigurationFactory.ParseString(plain.ToString());
        }
        catch (HoconParserException e)
        {
            var (line, column) = (Math.Max(e.LineNumber, 1), Math.Max(e.LinePosition, 1));
            var place = root with { Text = text };
            var places = sources.All.Prepend(place).ToList();
            place = places.Find(s => FailsAt(s.Text, e)) ?? places.Find(s => HasSubstitutionIn(s.Text, line)) ?? place;
            var where = place.Name == root.Name && line >= firstSetting && line - firstSetting < given.Count
                ? $"setting '{given[line - firstSetting]}'"
                : string.Create(CultureInfo.InvariantCulture, $"{place.Name}:{line}:{column}");
            throw new HoconFileException($"{where}: {What(e)}", e);
        }
    }

    private static HoconValue Parse(string text, Func<string, string> include) =>
        HoconParser.Parse(text, (kind, name) => kind == HoconCallbackType.File
            ? Task.FromResult(include(name))
            : throw new HoconFileException($"cannot include \"{name}\": only files can be included")).Value;

    /// <summary>The parser says the line, not in which file: the one that fails there by itself.</summary>
    private static bool FailsAt(string text, HoconParserException error)
    {
        try
        {
            if (!string.IsNullOrWhiteSpace(text)) Parse(text, _ => "{}");
            return false;
        }
        catch (HoconParserException own) { return (own.LineNumber, own.LinePosition) == (error.LineNumber, error.LinePosition); }
    }

    private static bool HasSubstitutionIn(string text, int line) => text.Split('\n').ElementAtOrDefault(line - 1)?.Contains("${") == true;

    /// <summary>The parser's message without the place, which is named in front, and on one line.</summary>
    private static string What(Exception e) =>
        Regex.Replace(Regex.Replace(e.Message, @"\s+", " ").Trim(), @"[.,]? [Aa]t (path '[^']*', )?line \d+, position \d+\.?$", "");

    /// <summary>A setting as a line of HOCON.</summary>
    private static string Line(string setting)
    {
        var equals = setting.IndexOf('=');
        var key = equals < 0 ? "" : setting[..equals].Trim();
        if (key.Length == 0) throw new HoconFileException($"setting '{setting}': expected key=value");
        var value = setting[(equals + 1)..].Trim();
        var isHocon = value.StartsWith('[') || value.StartsWith('{') || value.StartsWith('"') || value.Contains("${", StringComparison.Ordinal);
        var line = $"{key} = {(isHocon ? value : Quote(value))}";
        try { Parse(Regex.Replace(line, @"\$\{[^}]*\}", "0"), _ => "{}"); }
        catch (HoconParserException e) { throw new HoconFileException($"setting '{setting}': {What(e)}", e); }
        return line.Replace('\n', ' ');
    }

    private static void Fields(StringBuilder to, HoconObject fields, int indent)
    {
        foreach (var (key, field) in fields)
        {
            if (field.Value.Type == HoconType.Empty) continue; // an optional substitution without a value
            var isPlain = key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
            to.Append(' ', indent).Append(isPlain ? key : Quote(key)).Append(" = ");
            Value(to, field.Value, indent);
            to.Append('\n');
        }
    }

    private static void Value(StringBuilder to, HoconValue value, int indent)
    {
        switch (value.Type)
        {
            case HoconType.Object:
                to.Append("{\n");
                Fields(to, value.GetObject(), indent + 2);
                to.Append(' ', indent).Append('}');
                break;
            case HoconType.Array:
                to.Append('[');
                var first = true;
                foreach (var item in value.GetArray().Where(i => i.Type != HoconType.Empty))
                {
                    if (!first) to.Append(", ");
                    first = false;
                    Value(to, item, indent);
                }
                to.Append(']');
                break;
            default:
                to.Append(value.GetString() is { } text ? Quote(text) : "null");
                break;
        }
    }

    private static string Quote(string text)
    {
        var to = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') to.Append('\\').Append(c);
            else if (char.IsControl(c)) to.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else to.Append(c);
        }
        return to.Append('"').ToString();
    }

    private sealed record Source(string Name, string FullPath, string Text);

    /// <summary>A file and all that it includes, read before parsing, as the parser does not tell which file an include stands in.</summary>
    private sealed class Sources
    {
        private readonly Dictionary<string, Source> _files = [];

        public Sources(string path)
        {
            var full = Path.GetFullPath(path);
            if (Directory.Exists(full)) throw new HoconFileException($"{path}: is a directory, expected a file");
            if (!File.Exists(full)) throw new HoconFileException($"{path}: no such file");
            Root = Read(path, full, []);
            // Without its outer braces, which HOCON lets one omit, a file can be continued by settings.
            if (Scan(Root.Text) is { Braces: var (open, close) })
                Root = Root with { Text = Root.Text[..open] + ' ' + Root.Text[(open + 1)..close] + ' ' + Root.Text[(close + 1)..] };
        }

        public Source Root { get; }
        public IEnumerable<Source> All => _files.Values;

        public string TextOf(string fullPath) =>
            _files.TryGetValue(fullPath, out var file) && !string.IsNullOrWhiteSpace(file.Text) ? file.Text : "{}";

        private Source Read(string name, string full, IReadOnlyList<string> chain)
        {
            string text;
            try { text = File.ReadAllText(full).ReplaceLineEndings("\n"); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HoconFileException($"{name}: cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
            }
            var to = new StringBuilder();
            var copied = 0;
            foreach (var include in Scan(text).Includes)
            {
                var target = Path.GetFullPath(include.Name, Path.GetDirectoryName(full)!);
                var line = text.AsSpan(0, include.Start).Count('\n') + 1;
                var column = include.Start - text.LastIndexOf('\n', Math.Max(include.Start - 1, 0));
                var place = string.Create(CultureInfo.InvariantCulture, $"{name}:{line}:{column}");
                if (target == full || chain.Contains(target)) throw new HoconFileException($"{place}: \"{include.Name}\" includes itself");
                if (!File.Exists(target))
                {
                    if (include.Required) throw new HoconFileException($"{place}: cannot include \"{include.Name}\": no such file {target}");
                }
                else if (!_files.ContainsKey(target)) _files[target] = Read(Shown(target), target, [.. chain, full]);
                to.Append(text, copied, include.Start - copied).Append(Quote(target));
                copied = include.End;
            }
            return new Source(name, full, to.Append(text, copied, text.Length - copied).ToString());
        }

        private static string Shown(string full)
        {
            var relative = Path.GetRelativePath(Environment.CurrentDirectory, full);
            return relative.StartsWith("..", StringComparison.Ordinal) ? full : relative;
        }

        private sealed record Include(string Name, int Start, int End, bool Required);

        /// <summary>Where a text's includes are (the quoted name), and its outer braces if it has them.</summary>
        private static (List<Include> Includes, (int, int)? Braces) Scan(string text)
        {
            var includes = new List<Include>();
            var (first, last, fieldStart) = (-1, -1, true);
            for (var i = 0; i < text.Length;)
            {
                var c = text[i];
                if (c == '#' || (c == '/' && i + 1 < text.Length && text[i + 1] == '/'))
                {
                    i = text.IndexOf('\n', i);
                    if (i < 0) break;
                    continue;
                }
                if (c == '\n') fieldStart = true;
                if (char.IsWhiteSpace(c) || c == '\uFEFF') { i++; continue; }
                if (first < 0) first = i;
                last = i;
                if (c == '"') { i = EndOfString(text, i); fieldStart = false; continue; }
                if (fieldStart && IncludeStatement.Match(text, i) is { Success: true } match)
                {
                    var (name, required) = (match.Groups["name"], match.Groups["required"].Success);
                    includes.Add(new Include(Regex.Unescape(name.Value), name.Index - 1, name.Index + name.Length + 1, required));
                    i += match.Length;
                }
                else i++;
                fieldStart = c is '{' or ',';
            }
            return (includes, first >= 0 && last > first && text[first] == '{' && text[last] == '}' ? (first, last) : null);
        }

        private static readonly Regex IncludeStatement =
            new(@"\Ginclude\s*(?<required>required\(\s*)?(file\(\s*)?""(?<name>(?:[^""\\\n]|\\.)*)""", RegexOptions.CultureInvariant);

        private static int EndOfString(string text, int start)
        {
            if (string.CompareOrdinal(text, start, "\"\"\"", 0, 3) == 0)
            {
                var end = text.IndexOf("\"\"\"", start + 3, StringComparison.Ordinal);
                return end < 0 ? text.Length : end + 3;
            }
            for (var i = start + 1; i < text.Length && text[i] != '\n'; i++)
            {
                if (text[i] == '\\') i++;
                else if (text[i] == '"') return i + 1;
            }
            var line = text.IndexOf('\n', start);
            return line < 0 ? text.Length : line;
        }
    }
}
