using System.Text;

namespace AkkaPaxos.Hocon;

/// <summary>
/// Gives every substitution its value. Fields are evaluated when they are first needed, and only as far as needed: first a field's shape
/// (is it an object, and with which fields), later what is in it, so that an object may refer to paths within itself. A field that refers to
/// itself sees its earlier definitions ("look back" in the specification).
/// </summary>
internal sealed class HoconResolver
{
    // Substitutions that lead in a circle through objects can grow without end; no configuration that is meant comes near these.
    private const int MaxDepth = 200, MaxSteps = 500_000, MaxText = 10_000_000;
    private readonly SyntaxObject _root;
    private int _depth, _steps;
    private Place _at; // of the latest field or substitution, for errors

    private HoconResolver(SyntaxObject root) => _root = root;

    /// <exception cref="HoconException">A substitution has no value, or leads in a circle; parts that are joined do not go together.</exception>
    public static TreeObject Resolve(SyntaxObject root) => (TreeObject)new HoconResolver(root).Finish(root);

    private Syntax? Shape(Syntax syntax)
    {
        if (syntax is SyntaxScalar or SyntaxObject or SyntaxResolved) return syntax;
        Enter();
        var shape = syntax switch
        {
            SyntaxSubstitution substitution => Look(substitution),
            SyntaxConcatenation concatenation => Concatenate(concatenation),
            _ => Elements((SyntaxArray)syntax),
        };
        _depth--;
        return shape;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth) throw Circle();
        Spend();
    }

    private void Spend()
    {
        if (++_steps > MaxSteps) throw Circle();
    }

    private HoconException Circle() => _at.Error("the substitutions lead in a circle, or nest too deep");

    private Shaped? Shape(SyntaxField field)
    {
        if (field.IsShaped) return field.Shape;
        if (field.Level >= 0) return Evaluate(field, field.Level - 1);
        field.Shape = Evaluate(field, field.Definitions.Count - 1);
        field.IsShaped = true;
        return field.Shape;
    }

    /// <summary>The definitions up to <paramref name="from"/>, the later over the earlier.</summary>
    private Shaped? Evaluate(SyntaxField field, int from)
    {
        var outer = field.Level;
        Shaped? shaped = null;
        try
        {
            for (field.Level = from; field.Level >= 0; field.Level--)
            {
                var definition = field.Definitions[field.Level];
                var lower = Shape(definition.Value);
                if (lower is null) continue; // an optional substitution without a value leaves what was there before
                if (shaped is null) shaped = new Shaped(lower, definition.At);
                else if (lower is SyntaxObject below) shaped = shaped with { Value = SyntaxObject.Merge(below, (SyntaxObject)shaped.Value, Spend) };
                else break;
                if (shaped.Value is not SyntaxObject) break;
            }
        }
        finally { field.Level = outer; }
        return shaped;
    }

    private Syntax? Look(SyntaxSubstitution substitution)
    {
        _at = substitution.At;
        var found = substitution.Prefix.Count == 0 ? null : Find([.. substitution.Prefix, .. substitution.Path]);
        found ??= Find(substitution.Path);
        if (found is not null) return found;
        var variable = Environment.GetEnvironmentVariable(string.Join('.', substitution.Path));
        if (variable is not null) return new SyntaxScalar(variable, ScalarKind.Quoted);
        if (substitution.IsOptional) return null;
        var name = HoconText.Join(substitution.Path);
        throw substitution.At.Error($"${{{name}}} has no value: '{name}' is neither a key (but this one itself) nor an environment variable");
    }

    private Syntax? Find(IReadOnlyList<string> path)
    {
        var o = _root;
        for (var i = 0; ; i++)
        {
            if (!o.Fields.TryGetValue(path[i], out var field)) return null;
            var shape = Shape(field)?.Value;
            if (i == path.Count - 1) return shape;
            if (shape is not SyntaxObject inner) return null;
            o = inner;
        }
    }

    private SyntaxResolved Elements(SyntaxArray array)
    {
        var tree = new TreeArray();
        foreach (var item in array.Items)
            if (Shape(item) is { } shape) tree.Items.Add(Finish(shape));
        return new SyntaxResolved(tree);
    }

    private Syntax? Concatenate(SyntaxConcatenation concatenation)
    {
        var shapes = concatenation.Parts.Select(Shape).OfType<Syntax>().ToList();
        var solid = shapes.Where(s => s is not SyntaxScalar { IsBlank: true }).ToList();
        if (solid.Count == 0) return null;
        if (solid.Count == 1 && solid[0] is not SyntaxScalar) return solid[0];
        if (solid.All(s => s is SyntaxScalar)) return Text(shapes.Cast<SyntaxScalar>());
        if (solid.All(s => s is SyntaxObject)) return solid.Cast<SyntaxObject>().Aggregate((lower, upper) => SyntaxObject.Merge(lower, upper, Spend));
        if (solid.Any(s => s is SyntaxScalar))
            throw concatenation.At.Error($"cannot join a string with {(solid.Any(s => s is SyntaxObject) ? "an object" : "an array")}");
        var joined = new TreeArray();
        foreach (var part in solid)
            foreach (var item in (Finish(part) as TreeArray)?.Items ?? throw concatenation.At.Error("cannot join an array with an object"))
            {
                Spend();
                joined.Items.Add(item);
            }
        return new SyntaxResolved(joined);
    }

    private SyntaxScalar Text(IEnumerable<SyntaxScalar> parts)
    {
        var all = parts.ToList();
        if (all.Count == 1) return all[0];
        var text = new StringBuilder();
        foreach (var part in all) text.Append(part.Text);
        if (text.Length > MaxText) throw Circle();
        return new SyntaxScalar(text.ToString(), all.Any(p => p.Kind == ScalarKind.Quoted) ? ScalarKind.Quoted : ScalarKind.Unquoted);
    }

    private TreeNode Finish(Syntax shape)
    {
        switch (shape)
        {
            case SyntaxScalar scalar:
                return new TreeScalar(scalar.Text, scalar.Kind);
            case SyntaxResolved resolved:
                return resolved.Value;
            case SyntaxObject o:
                var tree = new TreeObject();
                foreach (var (key, field) in o.Fields)
                    if (Finish(key, field) is { } resolved) tree.Fields.Add(key, resolved);
                return tree;
            default:
                throw new InvalidOperationException($"{shape.GetType().Name} is not evaluated yet");
        }
    }

    private TreeField? Finish(string key, SyntaxField field)
    {
        if (field.Resolved is not null) return field.Resolved;
        if (field.IsResolving) throw _at.Error($"'{HoconText.Key(key)}' contains itself by a circle of substitutions");
        field.IsResolving = true;
        _at = field.Definitions[^1].At;
        Enter();
        var shape = Shape(field);
        field.Resolved = shape is null ? null : new TreeField(Finish(shape.Value), shape.At);
        _depth--;
        field.IsResolving = false;
        return field.Resolved;
    }
}
