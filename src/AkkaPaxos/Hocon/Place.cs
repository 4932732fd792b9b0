using System.Globalization;
using System.Text;

namespace AkkaPaxos.Hocon;

/// <summary>A text is not what it should be. The message is one line: place, key, and what is wrong.</summary>
internal sealed class HoconException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>A text that is read: a file, or a setting of the command line.</summary>
internal sealed class Source
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly string _path;
    private readonly Source? _parent;

    private Source(string name, string text, string path, Source? parent)
    {
        (Name, _path, _parent) = (name, path, parent);
        Text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>How errors name it.</summary>
    public string Name { get; }

    public string Text { get; }

    /// <summary>A setting is one line; a place in it needs no number.</summary>
    public bool IsSetting => _path.Length == 0;

    /// <summary>A file as the user named it.</summary>
    /// <exception cref="HoconException">There is none, or it is no text.</exception>
    public static Source OfFile(string name)
    {
        if (Directory.Exists(name)) throw new HoconException($"{name}: is a directory, expected a file");
        return File.Exists(name) ? Read(name, Path.GetFullPath(name), null) : throw new HoconException($"{name}: no such file");
    }

    /// <param name="setting">As the user wrote it, which is how errors name it.</param>
    /// <param name="text">The field that it means.</param>
    public static Source OfSetting(string setting, string text) => new(NameOf(setting), text, "", null);

    public static string NameOf(string setting) => $"setting '{setting.ReplaceLineEndings(" ")}'";

    /// <summary>What an <c>include</c> in this text names: relative to the folder of this file. Null where it need not be there and is not.</summary>
    /// <exception cref="HoconException">It cannot be read, is required and not there, or is being read already.</exception>
    public Source? Include(string name, bool required, Place at)
    {
        var target = Path.GetFullPath(name, IsSetting ? Environment.CurrentDirectory : Path.GetDirectoryName(_path)!);
        for (var outer = this; outer is not null; outer = outer._parent)
            if (outer._path == target) throw at.Error($"\"{name}\" includes itself: {Chain(outer)} -> {outer.Name}");
        if (File.Exists(target)) return Read(Shown(target), target, this);
        return required ? throw at.Error($"cannot include \"{name}\": there is no file {target}") : null;
    }

    private string Chain(Source from) => this == from ? Name : $"{_parent!.Chain(from)} -> {Name}";

    private static Source Read(string name, string path, Source? parent)
    {
        try
        {
            return new Source(name, File.ReadAllText(path, Utf8), path, parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            var why = e is DecoderFallbackException ? "is not text in UTF-8" : $"cannot be read: {e.Message.ReplaceLineEndings(" ")}";
            throw new HoconException($"{name}: {why}", e);
        }
    }

    private static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}

/// <summary>A place in a text, and the key that is being set there; empty outside of any.</summary>
internal readonly record struct Place(Source Source, int Index, string Key)
{
    public override string ToString()
    {
        if (Source.IsSetting) return Source.Name;
        var before = Source.Text.AsSpan(0, Index);
        return string.Create(CultureInfo.InvariantCulture, $"{Source.Name}:{before.Count('\n') + 1}:{Index - before.LastIndexOf('\n')}");
    }

    public HoconException Error(string what, Exception? cause = null) => new($"{this}: {(Key.Length == 0 ? "" : Key + ": ")}{what}", cause);
}
