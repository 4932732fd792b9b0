using System.Text;

namespace AkkaPaxos.Hocon;

/// <summary>A resolved value.</summary>
internal abstract class TreeNode
{
    /// <summary>Writes it as HOCON that needs nothing but objects, arrays and quoted strings to be understood.</summary>
    public abstract void Render(StringBuilder to, int indent);
}

internal sealed class TreeScalar(string text, ScalarKind kind) : TreeNode
{
    public ScalarKind Kind => kind;
    public string Text => text;
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

/// <summary>The value of a key, and where it is set.</summary>
internal sealed record TreeField(TreeNode Value, Place At);

internal sealed class TreeObject : TreeNode
{
    public OrderedDictionary<string, TreeField> Fields { get; } = [];

    /// <summary>Every field of this object and of those in it, by its whole path, an object before what is in it.</summary>
    public IEnumerable<(string Key, TreeField Field)> All(string prefix = "")
    {
        foreach (var (name, field) in Fields)
        {
            var key = prefix + HoconText.Key(name);
            yield return (key, field);
            if (field.Value is not TreeObject o) continue;
            foreach (var inner in o.All(key + ".")) yield return inner;
        }
    }

    public override void Render(StringBuilder to, int indent)
    {
        to.Append("{\n");
        foreach (var (key, field) in Fields)
        {
            to.Append(' ', (indent + 1) * 2).Append(HoconText.Key(key)).Append(" : ");
            field.Value.Render(to, indent + 1);
            to.Append('\n');
        }
        to.Append(' ', indent * 2).Append('}');
    }
}
