#nullable disable
using System.Diagnostics.CodeAnalysis;

namespace Akka.Actor;

/// <summary>An actor's place in the tree, from the root down. The uid tells incarnations apart and does not take part in equality.</summary>
public abstract class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>
{
    private const string ValidSymbolsText = "\"-_.*$+:@&=,!~';\"()";
    private string _text;
    private int _hash;

    public static readonly string ValidSymbols = ValidSymbolsText;

    protected ActorPath(Address address, string name)
    {
        Address = address;
        Name = name;
    }

    protected ActorPath(ActorPath parentPath, string name, long uid)
    {
        Address = parentPath.Address;
        Parent = parentPath;
        Name = name;
        Uid = uid;
        Depth = parentPath.Depth + 1;
    }

    public string Name { get; }
    public long Uid { get; }
    public int Depth { get; }
    public Address Address { get; }
    public ActorPath Parent { get; }

    public ActorPath Root
    {
        get
        {
            var path = this;
            while (path.Depth > 0) path = path.Parent;
            return path;
        }
    }

    public IReadOnlyList<string> Elements
    {
        get
        {
            if (Depth == 0) return [];
            var elements = new string[Depth];
            var path = this;
            for (var i = Depth - 1; i >= 0; i--, path = path.Parent) elements[i] = path.Name;
            return elements;
        }
    }

    /// <summary>The elements, with <c>#uid</c> after the last one.</summary>
    internal IReadOnlyList<string> ElementsWithUid
    {
        get
        {
            var elements = (IReadOnlyList<string>)Elements;
            if (elements.Count == 0 || Uid == ActorCell.UndefinedUid) return elements;
            var copy = elements.ToArray();
            copy[^1] += "#" + Uid;
            return copy;
        }
    }

    public static bool IsValidPathElement(string s) => FindInvalidPathElementCharPosition(s) == -1;

    /// <summary>-1 when <paramref name="s"/> is valid, -2 when it is empty, otherwise the index of the first bad character.</summary>
    internal static int FindInvalidPathElementCharPosition(string s)
    {
        if (string.IsNullOrEmpty(s)) return -2;
        if (s[0] == '$') return 0;
        for (var i = 0; i < s.Length; i++)
        {
            var c = s[i];
            if (char.IsAsciiLetterOrDigit(c) || ValidSymbolsText.Contains(c)) continue;
            if (c == '%' && i + 2 < s.Length && char.IsAsciiHexDigit(s[i + 1]) && char.IsAsciiHexDigit(s[i + 2])) i += 2;
            else return i;
        }
        return -1;
    }

    public ActorPath WithUid(long uid) => Depth == 0
        ? uid == 0 ? this : throw new NotSupportedException("A root path must not have a uid.")
        : uid == Uid ? this : new ChildActorPath(Parent, Name, uid);

    public ActorPath ParentOf(int depth)
    {
        var path = this;
        if (depth >= 0) while (path.Depth > depth) path = path.Parent;
        else for (var i = depth; i < 0 && path.Depth > 0; i++) path = path.Parent;
        return path;
    }

    public ActorPath Child(string childName) => this / childName;

    public static ActorPath operator /(ActorPath path, string name)
    {
        var (element, uid) = ActorCell.SplitNameAndUid(name);
        return new ChildActorPath(path, element, uid);
    }

    public static ActorPath operator /(ActorPath path, IEnumerable<string> name)
    {
        foreach (var element in name) if (!string.IsNullOrEmpty(element)) path /= element;
        return path;
    }

    public static string FormatPathElements(IEnumerable<string> pathElements) => "/" + string.Join('/', pathElements);

    public static ActorPath Parse(string path) =>
        TryParse(path, out var parsed) ? parsed : throw new UriFormatException($"Can not parse an ActorPath: {path}");

    public static bool TryParse(string path, [NotNullWhen(true)] out ActorPath actorPath)
    {
        actorPath = null;
        if (!Address.TryParse(path, out var address, out var rest)) return false;
        return TryParse(new RootActorPath(address), rest, out actorPath);
    }

    public static bool TryParse(ActorPath basePath, string absoluteUri, out ActorPath actorPath)
    {
        actorPath = basePath;
        var start = 0;
        var text = absoluteUri;
        while (start < text.Length)
        {
            var end = text.IndexOf('/', start);
            if (end < 0) end = text.Length;
            if (end > start) actorPath /= text[start..end];
            start = end + 1;
        }
        return true;
    }

    public static bool TryParseAddress(string path, out Address address) => Address.TryParse(path, out address);

    public string ToStringWithoutAddress() => _text ??= Depth == 0 ? "/" : Depth == 1 ? "/" + Name : Parent.ToStringWithoutAddress() + "/" + Name;

    public override string ToString() => Address + ToStringWithoutAddress();
    public string ToStringWithUid() => Uid == ActorCell.UndefinedUid ? ToStringWithAddress() : ToStringWithAddress() + "#" + Uid;
    public string ToStringWithAddress() => ToStringWithAddress(Address);

    /// <summary>With <paramref name="address"/> where the path's own one is local only.</summary>
    public string ToStringWithAddress(Address address) =>
        (Address.Host is null && address.Host is not null ? address : Address) + ToStringWithoutAddress();

    public string ToSerializationFormat() => ToStringWithUid();

    public string ToSerializationFormatWithAddress(Address address) =>
        Uid == ActorCell.UndefinedUid ? ToStringWithAddress(address) : ToStringWithAddress(address) + "#" + Uid;

    public bool Equals(ActorPath other)
    {
        if (other is null || Depth != other.Depth) return false;
        ActorPath a = this, b = other;
        while (!ReferenceEquals(a, b))
        {
            if (a.Name != b.Name) return false;
            if (a.Depth == 0) return a.Address == b.Address;
            a = a.Parent;
            b = b.Parent;
        }
        return true;
    }

    public override bool Equals(object obj) => obj is ActorPath other && Equals(other);

    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        var hash = HashCode.Combine(Name, Depth == 0 ? Address.GetHashCode() : Parent.GetHashCode());
        return _hash = hash == 0 ? 1 : hash;
    }

    public int CompareTo(ActorPath other)
    {
        if (ReferenceEquals(this, other)) return 0;
        if (other is null) return 1;
        var c = Address.CompareTo(other.Address);
        if (c != 0) return c;
        ActorPath a = ParentOf(Math.Min(Depth, other.Depth)), b = other.ParentOf(a.Depth);
        c = CompareElements(a, b);
        return c != 0 ? c : Depth.CompareTo(other.Depth);

        static int CompareElements(ActorPath x, ActorPath y)
        {
            if (ReferenceEquals(x, y) || x.Depth == 0) return string.CompareOrdinal(x.Name, y.Name);
            var above = CompareElements(x.Parent, y.Parent);
            return above != 0 ? above : string.CompareOrdinal(x.Name, y.Name);
        }
    }

    public static bool operator ==(ActorPath left, ActorPath right) => Equals(left, right);
    public static bool operator !=(ActorPath left, ActorPath right) => !Equals(left, right);
}

public sealed class RootActorPath : ActorPath
{
    public RootActorPath(Address address, string name = "") : base(address, name) { }
}

public sealed class ChildActorPath : ActorPath
{
    public ChildActorPath(ActorPath parentPath, string name, long uid) : base(parentPath, name, uid) { }
}
