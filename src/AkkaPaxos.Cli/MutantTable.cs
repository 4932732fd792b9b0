using System.Globalization;
using AkkaPaxos.TestKit.Mutants;
using AkkaPaxos.TestKit.Runner;

namespace AkkaPaxos.Cli;

/// <summary>How many seeds catch each mutant: a row as soon as a mutant has had all of its runs, so that one who stops it has what it found.</summary>
internal sealed class MutantTable
{
    private readonly TextWriter _text;
    private readonly int[] _widths; // right-aligned where negative

    /// <summary>Prints the head.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="mutants">All that will have a row.</param>
    public MutantTable(TextWriter text, IReadOnlyList<Mutant> mutants)
    {
        _text = text;
        _widths = [mutants.Max(m => m.Name.Length), mutants.Max(m => m.Rule.Length), -14, -10, -5, 44, mutants.Max(m => m.Flaw.Length)];
        Row("mutant", "breaks", "caught", "on average", "first", "by", "flaw");
        Row([.. _widths.Select(w => new string('-', Math.Abs(w)))]);
    }

    /// <summary>Prints a mutant's row.</summary>
    public void Add(MutantScore score) => Row(
        score.Mutant.Name, score.Mutant.Rule, Text($"{score.Caught:N0} of {score.Runs:N0}"),
        score.Caught == 0 ? "never" : Text($"{score.SeedsUntilCaught:0.0}"), score.First == 0 ? "-" : Text($"{score.First}"),
        string.Join(", ", score.By.Take(3).Select(b => Text($"{b.Invariant} {b.Times}"))), score.Mutant.Flaw);

    private void Row(params string[] cells)
    {
        _text.WriteLine($"| {string.Join(" | ", cells.Zip(_widths, (cell, width) => width < 0 ? cell.PadLeft(-width) : cell.PadRight(width)))} |");
        _text.Flush();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
