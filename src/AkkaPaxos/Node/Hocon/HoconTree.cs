using System.Globalization;
using System.Text;

namespace AkkaPaxos.Node.Hocon;

/// <summary>A resolved HOCON value: what both facades (<c>Hocon</c> and <c>Akka.Configuration</c>) read. Immutable once built.</summary>
internal abstract class TreeNode
{
    /// <summary>The text of a scalar; null for HOCON's null, an object and an array.</summary>
    public virtual string? Text => null;

    /// <summary>Objects merge key by key; anything else hides what is below it.</summary>
    public static TreeNode Merge(TreeNode top, TreeNode bottom)
    {
        if (top is not TreeObject upper || bottom is not TreeObject lower) return top;
        if (lower.Fields.Count == 0) return upper;
        if (upper.Fields.Count == 0) return lower;
        // Order of first definition: what was defined earlier (the fallback) comes first.
        var merged = new TreeObject();
        foreach (var (key, value) in lower.Fields)
            merged.Fields.Add(key, upper.Fields.TryGetValue(key, out var own) ? Merge(own, value) : value);
        foreach (var (key, value) in upper.Fields) merged.Fields.TryAdd(key, value);
        return merged;
    }

    public TreeNode? Find(IReadOnlyList<string> path)
    {
        var node = this;
        foreach (var key in path)
            if (node is not TreeObject o || !o.Fields.TryGetValue(key, out node)) return null;
        return node;
    }

    /// <summary>Elements of an array; an object with whole numbers as keys counts as one, as the specification has it.</summary>
    public IReadOnlyList<TreeNode>? AsArray()
    {
        if (this is TreeArray array) return array.Items;
        if (this is not TreeObject o) return null;
        var numbered = new SortedDictionary<int, TreeNode>();
        foreach (var (key, value) in o.Fields)
            if (int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index)) numbered[index] = value;
        return numbered.Count == 0 ? null : [.. numbered.Values];
    }

    public abstract void Render(StringBuilder to, int indent);

    public override string ToString()
    {
        var to = new StringBuilder();
        Render(to, 0);
        return to.ToString();
    }
}

internal enum ScalarKind { Quoted, Unquoted, Null }

internal sealed class TreeScalar(string text, ScalarKind kind) : TreeNode
{
    public ScalarKind Kind => kind;
    public override string? Text => kind == ScalarKind.Null ? null : text;
    public override void Render(StringBuilder to, int indent) => to.Append(kind == ScalarKind.Null ? "null" : HoconText.Quote(text));
}

internal sealed class TreeArray : TreeNode
{
    public List<TreeNode> Items { get; } = [];

    public override void Render(StringBuilder to, int indent)
    {
        to.Append('[');
        for (var i = 0; i < Items.Count; i++)
        {
            if (i > 0) to.Append(", ");
            Items[i].Render(to, indent);
        }
        to.Append(']');
    }
}

internal sealed class TreeObject : TreeNode
{
    /// <summary>In order of first definition, so that iterating a section never depends on hashing.</summary>
    public OrderedDictionary<string, TreeNode> Fields { get; } = [];

    public override void Render(StringBuilder to, int indent)
    {
        if (Fields.Count == 0) { to.Append("{}"); return; }
        to.Append("{\n");
        foreach (var (key, value) in Fields)
        {
            to.Append(' ', (indent + 1) * 2).Append(HoconText.Key(key)).Append(" : ");
            value.Render(to, indent + 1);
            to.Append('\n');
        }
        to.Append(' ', indent * 2).Append('}');
    }
}
