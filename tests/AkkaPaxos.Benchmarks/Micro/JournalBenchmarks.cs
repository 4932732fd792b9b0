using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence;
using AkkaPaxos.Cli;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using BenchmarkDotNet.Attributes;

namespace AkkaPaxos.Benchmarks;

/// <summary>A commit of a node's journal: what one actor persists at once, until it hears that it is on the disk.</summary>
public class JournalBenchmarks
{
    private string _folder = "";
    private ActorSystem _system = null!;
    private IActorRef _writer = null!;

    /// <summary>The kind of journal: <c>akkapaxos.journal</c>.</summary>
    [Params("sql", "log")]
    public string Journal { get; set; } = "";

    /// <summary>Records of 300 bytes in a commit.</summary>
    [Params(1, 32)]
    public int Records { get; set; }

    [GlobalSetup]
    public async Task SetUp()
    {
        // On the disk that the comparisons use, not in a folder for temporary files, which may be in memory.
        _folder = Directory.CreateDirectory(Path.Combine(".run", $"micro-journal-{Environment.ProcessId}")).FullName;
        using var files = new LocalCluster(1, _folder);
        var config = NodeConfig.Of(HoconFile.Load(files.Nodes[0].ConfigFile, ["akka.loglevel=ERROR", $"akkapaxos.journal={Journal}"]));
        var settings = new PaxosSettings(config);
        Directory.CreateDirectory(NodeConfig.DataDirectory(config, settings));
        var stores = await Stores.Open(config, settings, Console.Error.WriteLine, CancellationToken.None);
        _system = ActorSystem.Create("akkapaxos", stores.And(BootstrapSetup.Create().WithConfig(config.WithFallback(PaxosSettings.DefaultConfig()))));
        _writer = _system.ActorOf(Props.Create<Writer>());
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        await _system.Terminate();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public Task Commit()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _writer.Tell(new Write(Records, done));
        return done.Task;
    }

    private sealed record Write(int Records, TaskCompletionSource Done);

    private sealed class Writer : UntypedPersistentActor
    {
        private static readonly Value Content = Value.Batch([new Command(1, 1, 1, new byte[256])]);
        private long _slot;

        public override string PersistenceId => "micro";

        protected override void OnRecover(object message)
        {
        }

        protected override void OnCommand(object message)
        {
            if (message is not Write write) return;
            var left = write.Records;
            PersistAll(Enumerable.Range(0, left).Select(_ => new AcceptorAccepted(new PValue(new Ballot(1, new NodeId(1)), ++_slot, Content))), _ =>
            {
                if (--left == 0) write.Done.SetResult();
            });
        }
    }
}
