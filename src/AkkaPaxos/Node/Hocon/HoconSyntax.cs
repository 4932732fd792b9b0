namespace AkkaPaxos.Node.Hocon;

/// <summary>HOCON as written, before substitutions are resolved.</summary>
internal abstract class Syntax;

internal sealed class SyntaxScalar(string text, ScalarKind kind, bool blank = false) : Syntax
{
    public string Text => text;
    public ScalarKind Kind => kind;

    /// <summary>Unquoted white space between two parts of a concatenation.</summary>
    public bool IsBlank => blank;
}

internal sealed class SyntaxArray : Syntax
{
    public List<Syntax> Items { get; } = [];
}

/// <summary>Parts written side by side: strings, arrays or objects.</summary>
internal sealed class SyntaxConcatenation(List<Syntax> parts, Position at) : Syntax
{
    public List<Syntax> Parts => parts;
    public Position At => at;
}

/// <summary><c>${path}</c> or <c>${?path}</c>. In an included text the path is first sought below the place of the include.</summary>
internal sealed class SyntaxSubstitution(IReadOnlyList<string> path, IReadOnlyList<string> prefix, bool optional, Position at) : Syntax
{
    public IReadOnlyList<string> Path => path;
    public IReadOnlyList<string> Prefix => prefix;
    public bool IsOptional => optional;
    public Position At => at;
}

/// <summary>An array whose elements are resolved already.</summary>
internal sealed class SyntaxResolved(TreeArray value) : Syntax
{
    public TreeArray Value => value;
}

internal sealed class SyntaxObject : Syntax
{
    public OrderedDictionary<string, SyntaxField> Fields { get; } = [];

    public void Add(string key, Syntax value)
    {
        if (Fields.TryGetValue(key, out var field)) field.Add(value);
        else Fields.Add(key, new SyntaxField(value));
    }

    public void Add(IReadOnlyList<string> path, Syntax value)
    {
        for (var i = path.Count - 1; i > 0; i--)
        {
            var wrapped = new SyntaxObject();
            wrapped.Fields.Add(path[i], new SyntaxField(value));
            value = wrapped;
        }
        Add(path[0], value);
    }

    public void AddAll(SyntaxObject other)
    {
        foreach (var (key, field) in other.Fields)
            foreach (var definition in field.Definitions) Add(key, definition);
    }
}

/// <summary>Every definition of a field that may still matter, in order: a later one that refers to the field itself sees the earlier ones.</summary>
internal sealed class SyntaxField
{
    public SyntaxField(Syntax definition) => Definitions.Add(definition);

    private SyntaxField() { }

    public List<Syntax> Definitions { get; } = [];

    /// <summary>Which definition is being evaluated; -1 when none is.</summary>
    public int Level { get; set; } = -1;
    public bool IsShaped { get; set; }
    public Syntax? Shape { get; set; }
    public bool IsResolving { get; set; }
    public TreeNode? Resolved { get; set; }

    /// <param name="value">The next definition.</param>
    /// <param name="spend">Called for each definition that is copied on the way.</param>
    public void Add(Syntax value, Action? spend = null)
    {
        if (value is SyntaxObject o && Definitions[^1] is SyntaxObject before) { Definitions[^1] = Merge(before, o, spend); return; }
        if (value is SyntaxScalar) Definitions.Clear();
        Definitions.Add(value);
    }

    public static SyntaxObject Merge(SyntaxObject lower, SyntaxObject upper, Action? spend = null)
    {
        var merged = new SyntaxObject();
        foreach (var source in new[] { lower, upper })
            foreach (var (key, field) in source.Fields)
            {
                if (!merged.Fields.TryGetValue(key, out var own)) merged.Fields.Add(key, own = new SyntaxField());
                foreach (var definition in field.Definitions)
                {
                    spend?.Invoke();
                    if (own.Definitions.Count == 0) own.Definitions.Add(definition);
                    else own.Add(definition, spend);
                }
            }
        return merged;
    }
}

/// <summary>A place in a text, to be named in errors.</summary>
internal readonly record struct Position(string Text, int Index)
{
    public int Line => Text.AsSpan(0, Math.Min(Index, Text.Length)).Count('\n') + 1;
    public int Column => Index - (Index == 0 ? -1 : Text.LastIndexOf('\n', Math.Min(Index, Text.Length) - 1));
    public HoconParserException Error(string what, Exception? cause = null) => new(what, Line, Column, cause);
}
