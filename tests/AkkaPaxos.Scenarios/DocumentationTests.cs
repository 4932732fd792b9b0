using System.Text;
using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Scenarios;

/// <summary>
/// Runs the examples of docs/scenarios.md: those after a <c>protocol</c> line, as far as the next one, are one scenario. With
/// AKKAPAXOS_REWRITE=1 what they print now is written into the page.
/// </summary>
public sealed class DocumentationTests
{
    private const string Fence = "```";
    private const string Mark = "# ---- the next example ----";
    private static readonly string Page = Path.Combine(ScenarioTests.Folder, "..", "..", "docs", "scenarios.md");

    [Fact]
    public void Every_example_on_the_page_works()
    {
        // Odd parts are what stands between fences.
        var parts = File.ReadAllText(Page).ReplaceLineEndings("\n").Split(Fence);
        var examples = Enumerable.Range(0, parts.Length).Where(i => i % 2 == 1 && parts[i].StartsWith("scenario\n")).ToList();
        Assert.True(examples.Count > 10);
        var starts = examples.Where(i => parts[i].StartsWith("scenario\nprotocol ")).ToList();
        Assert.Equal(examples[0], starts[0]);

        var rewrites = Environment.GetEnvironmentVariable("AKKAPAXOS_REWRITE") == "1";
        var problems = new StringBuilder();
        foreach (var (start, end) in starts.Zip(starts.Skip(1).Append(int.MaxValue)))
        {
            var section = examples.Where(i => i >= start && i < end).ToList();
            var text = string.Concat(section.Select(i => parts[i]["scenario\n".Length..].TrimEnd('\n') + $"\n\n{Mark}\n"));
            var run = ScenarioRun.Of(ScenarioFile.Parse(Page, text));
            foreach (var problem in run.Problems.Where(p => !(rewrites && p.IsOutput))) problems.Append(problem.Text).Append('\n');
            foreach (var (i, example) in section.Zip(run.Rewritten.Split(Mark))) parts[i] = $"scenario\n{example.Trim('\n')}\n";
        }
        if (rewrites) File.WriteAllText(Page, string.Join(Fence, parts));
        Assert.True(problems.Length == 0, $"{problems}\nif this is what should happen now: AKKAPAXOS_REWRITE=1 scripts/test");
    }

    [Fact]
    public void Every_word_of_the_language_is_on_the_page()
    {
        var page = File.ReadAllText(Page);

        Assert.All(ScenarioGrammar.Words, word => Assert.Contains(word, page));
    }
}
