using Akka.Actor;
using AkkaPaxos.Client;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Wire;
using BenchmarkDotNet.Attributes;

namespace AkkaPaxos.Benchmarks;

/// <summary>The largest of the messages between nodes, a proposal on its way to an acceptor, to bytes and back.</summary>
public class SerializerBenchmarks
{
    private ActorSystem _system = null!;
    private PaxosSerializer _serializer = null!;
    private Accept _message = null!;
    private byte[] _bytes = [];

    /// <summary>Commands of 256 bytes in the message.</summary>
    [Params(1, 64)]
    public int Commands { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _system = ActorSystem.Create("micro", PaxosClient.DefaultConfig());
        _serializer = new PaxosSerializer((ExtendedActorSystem)_system);
        _message = new Accept(new PValue(new Ballot(1, new NodeId(1)), 1, MicroCommands.Batch(Commands, 1)));
        _bytes = _serializer.ToBinary(_message);
    }

    [GlobalCleanup]
    public void CleanUp() => _system.Terminate().Wait();

    [Benchmark]
    public byte[] Write() => _serializer.ToBinary(_message);

    [Benchmark]
    public object Read() => _serializer.FromBinary(_bytes, _serializer.Manifest(_message));
}
