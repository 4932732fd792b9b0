using AkkaPaxos.TestKit.Scenarios;

namespace AkkaPaxos.Scenarios;

/// <summary>
/// Runs every scenario file below this folder. With AKKAPAXOS_REWRITE=1 what the commands print now is written into the files; expectations are
/// never rewritten.
/// </summary>
public sealed class ScenarioTests
{
    /// <summary>Where the sources of this project are.</summary>
    internal static readonly string Folder = Home();

    /// <summary>Every file, by its path from here.</summary>
    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(Folder, "*.scenario", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Folder, f)).Where(f => !f.StartsWith("bin") && !f.StartsWith("obj")).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_scenario_goes_as_its_file_says(string file)
    {
        var path = Path.Combine(Folder, file);
        var run = ScenarioRun.Of(ScenarioFile.Read(path));
        var rewrites = Environment.GetEnvironmentVariable("AKKAPAXOS_REWRITE") == "1";
        if (rewrites) File.WriteAllText(path, run.Rewritten);

        var problems = run.Problems.Where(p => !(rewrites && p.IsOutput)).Select(p => $"{file}:{p.Line}: {p.Text}").ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems) + "\nif this is what should happen now: AKKAPAXOS_REWRITE=1 scripts/test");
    }

    // Where the sources are: a build for release does not record it.
    private static string Home()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(Path.Combine(at, "AkkaPaxos.Scenarios.csproj"))) return at;
        throw new DirectoryNotFoundException($"the scenario files are not above {AppContext.BaseDirectory}");
    }
}
