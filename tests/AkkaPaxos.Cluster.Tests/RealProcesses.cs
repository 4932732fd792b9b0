using AkkaPaxos.Cli;

// Each test runs node processes of its own on two cores: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace AkkaPaxos.Cluster.Tests;

/// <summary>A base for tests with node processes: a folder that goes with the test, and generous patience.</summary>
public abstract class RealProcesses : IDisposable
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected string Folder { get; } = Directory.CreateTempSubdirectory("akkapaxos-").FullName;

    protected LocalCluster Cluster(int size, params string[] settings) => new(size, Folder, settings);

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
