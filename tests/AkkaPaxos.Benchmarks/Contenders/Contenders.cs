using AkkaPaxos.Cli;

namespace AkkaPaxos.Benchmarks;

/// <summary>Who takes part.</summary>
internal static class Contenders
{
    // Configurations of ours: a name, and what is set over the program's defaults.
    private static readonly (string Name, string[] Set)[] Ours = [("akkapaxos", []), ("fast", [.. LocalCluster.Fast])];

    /// <summary>Those of a comparison, in the order in which they run, and whom the others stand beside.</summary>
    /// <exception cref="CliException">--only names one that there is not.</exception>
    public static (IReadOnlyList<Entry> Entries, string Beside) Of(Options options, OtherRevision? other)
    {
        var (all, beside) = All(options, other);
        if (options.Only.FirstOrDefault(name => all.All(e => e.Name != name)) is { } unknown)
            throw new CliException($"--only: there is no {unknown}; there are {string.Join(", ", all.Select(e => e.Name))}", 2);
        return ([.. all.Where(e => options.Only.Length == 0 || options.Only.Contains(e.Name))], beside);
    }

    private static (List<Entry> All, string Beside) All(Options options, OtherRevision? other)
    {
        if (options.Embedded)
            return ([
                .. Ours.Select(o => new Entry(o.Name, null, () => EmbeddedContender.AkkaPaxos(o.Name, [.. o.Set, .. options.Set]))),
                new Entry("dotnext", null, () => EmbeddedContender.DotNext(flush: false)),
                new Entry("dotnext-flushed", null, () => EmbeddedContender.DotNext(flush: true)),
            ], "dotnext-flushed");
        if (other is not null)
        {
            var program = Environment.GetEnvironmentVariable("AKKAPAXOS_PROGRAM") is { Length: > 0 } named ? named : AppContext.BaseDirectory;
            return ([
                .. Ours.Select(o => new Entry(o.Name, null, () => new ProgramContender(o.Name, program, [.. o.Set, .. options.Set]))),
                new Entry(other.Name, null, () => new ProgramContender(other.Name, other.Program, [])),
            ], other.Name);
        }
        return ([
            .. Ours.Select(o => new Entry(o.Name, null, () => new AkkaPaxosContender([.. o.Set, .. options.Set]))),
            EtcdContender.Entry,
            ZooKeeperContender.Entry,
        ], "etcd");
    }
}
