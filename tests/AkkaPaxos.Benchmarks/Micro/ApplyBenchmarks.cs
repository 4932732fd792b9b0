using AkkaPaxos.Consensus;
using AkkaPaxos.Kv;
using AkkaPaxos.StateMachine;
using BenchmarkDotNet.Attributes;

namespace AkkaPaxos.Benchmarks;

/// <summary>A decided batch of 64 puts: encoded as a replica proposes it, decoded and executed as each replica does, sessions and answers included.</summary>
public class ApplyBenchmarks
{
    private const int Commands = 64;
    private readonly ReplicatedState _state = new(new KvStateMachine(), sessions: 100,
        new ConfigurationHistory(new Configuration([new(new NodeId(1), "akka.tcp://akkapaxos@127.0.0.1:4053")])));
    private long _sequence = 1;

    [Benchmark(OperationsPerInvoke = Commands)]
    public int Apply()
    {
        var answers = 0;
        _state.Execute(Consensus.Value.Decode(MicroCommands.Batch(Commands, _sequence).Encoded), (_, _) => answers++);
        _sequence += Commands;
        return answers;
    }
}
