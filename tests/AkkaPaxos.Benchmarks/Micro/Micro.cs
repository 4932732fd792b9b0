using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace AkkaPaxos.Benchmarks;

/// <summary>Parts of the data path alone, with what they allocate.</summary>
internal static class Micro
{
    /// <summary>Runs those whose name contains <paramref name="filter"/>.</summary>
    /// <param name="filter">Part of a class's or method's name; empty: all.</param>
    /// <param name="folder">Where results go.</param>
    /// <returns>The process's exit code: 2 where no name contains it.</returns>
    public static int Run(string filter, string folder)
    {
        // In this process: a build for each benchmark would take longer than all of them.
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(folder);
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(Micro).Assembly).Run(["--filter", $"*{filter}*"], config).ToList();
        if (summaries.Count == 0) return 2;
        return summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)) ? 1 : 0;
    }
}
