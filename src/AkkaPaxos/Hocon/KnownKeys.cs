using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaPaxos.Hocon;

/// <summary>The keys that there are, to tell a mistyped one.</summary>
internal sealed class KnownKeys
{
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);

    /// <param name="defaults">Has every key.</param>
    /// <param name="section">Whose keys count.</param>
    public KnownKeys(Config defaults, string section) => Add(section, defaults.GetValue(section));

    public bool Contains(string key) => _keys.Contains(key);

    /// <summary>The known key that is most like another: the one of the same name elsewhere, or the one with the fewest letters to change.</summary>
    public string Nearest(string key) => _keys.MinBy(known => (NameOf(known) == NameOf(key) ? 0 : 1, Distance(known, key)))!;

    private void Add(string key, HoconValue value)
    {
        _keys.Add(key);
        if (!value.IsObject()) return;
        foreach (var (name, inner) in value.GetObject().Items) Add($"{key}.{HoconText.Key(name)}", inner);
    }

    private static string NameOf(string key) => key[(key.LastIndexOf('.') + 1)..];

    /// <summary>Letters to insert, remove or replace (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
