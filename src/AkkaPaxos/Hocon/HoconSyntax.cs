namespace AkkaPaxos.Hocon;

/// <summary>HOCON as written, before substitutions are resolved.</summary>
internal abstract class Syntax;

internal enum ScalarKind { Quoted, Unquoted, Null }

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
internal sealed class SyntaxConcatenation(List<Syntax> parts, Place at) : Syntax
{
    public List<Syntax> Parts => parts;
    public Place At => at;
}

/// <summary><c>${path}</c> or <c>${?path}</c>. In an included text the path is first sought below the place of the include.</summary>
internal sealed class SyntaxSubstitution(IReadOnlyList<string> path, IReadOnlyList<string> prefix, bool optional, Place at) : Syntax
{
    public IReadOnlyList<string> Path => path;
    public IReadOnlyList<string> Prefix => prefix;
    public bool IsOptional => optional;
    public Place At => at;
}

/// <summary>An array whose elements are resolved already.</summary>
internal sealed class SyntaxResolved(TreeArray value) : Syntax
{
    public TreeArray Value => value;
}

internal sealed class SyntaxObject : Syntax
{
    /// <summary>In order of first definition, so that nothing follows the order of a hash table.</summary>
    public OrderedDictionary<string, SyntaxField> Fields { get; } = [];

    public void Add(IReadOnlyList<string> path, Syntax value, Place at)
    {
        for (var i = path.Count - 1; i > 0; i--)
        {
            var wrapped = new SyntaxObject();
            wrapped.Define(path[i], new Definition(value, at));
            value = wrapped;
        }
        Define(path[0], new Definition(value, at));
    }

    public void AddAll(SyntaxObject other)
    {
        foreach (var (key, field) in other.Fields)
            foreach (var definition in field.Definitions) Define(key, definition);
    }

    /// <summary>Adds what a later text says of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="definition">What is said.</param>
    /// <param name="spend">Called for each definition that is copied on the way.</param>
    public void Define(string key, Definition definition, Action? spend = null)
    {
        if (!Fields.TryGetValue(key, out var field)) Fields.Add(key, field = new SyntaxField());
        field.Add(definition, spend);
    }

    public static SyntaxObject Merge(SyntaxObject lower, SyntaxObject upper, Action? spend = null)
    {
        var merged = new SyntaxObject();
        foreach (var source in new[] { lower, upper })
            foreach (var (key, field) in source.Fields)
                foreach (var definition in field.Definitions)
                {
                    spend?.Invoke();
                    merged.Define(key, definition, spend);
                }
        return merged;
    }
}

/// <summary>One value that is given to a key, and where.</summary>
internal readonly record struct Definition(Syntax Value, Place At);

/// <summary>Every definition of a field that may still matter, in order: a later one that refers to the field itself sees the earlier ones.</summary>
internal sealed class SyntaxField
{
    public List<Definition> Definitions { get; } = [];

    /// <summary>Which definition is being evaluated; -1 when none is.</summary>
    public int Level { get; set; } = -1;
    public bool IsShaped { get; set; }
    public Shaped? Shape { get; set; }
    public bool IsResolving { get; set; }
    public TreeField? Resolved { get; set; }

    public void Add(Definition definition, Action? spend)
    {
        if (Definitions.Count > 0 && definition.Value is SyntaxObject o && Definitions[^1].Value is SyntaxObject before)
        {
            Definitions[^1] = new Definition(SyntaxObject.Merge(before, o, spend), definition.At);
            return;
        }
        if (definition.Value is SyntaxScalar) Definitions.Clear();
        Definitions.Add(definition);
    }
}

/// <summary>What a field is, its own fields not yet resolved, and where it was given that.</summary>
internal sealed record Shaped(Syntax Value, Place At);
