using Akka.Actor;
using AkkaPaxos.Client;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using BenchmarkDotNet.Attributes;

namespace AkkaPaxos.Benchmarks;

/// <summary>Messages to an actor of another actor system over the loopback interface and back, until the last is back.</summary>
public class RemotingBenchmarks
{
    private ActorSystem _here = null!, _there = null!;
    private IActorRef _caller = null!;

    /// <summary>How many at once.</summary>
    [Params(1, 64)]
    public int Messages { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _here = ActorSystem.Create("here", PaxosClient.DefaultConfig());
        _there = ActorSystem.Create("there", PaxosClient.DefaultConfig());
        var echo = _there.ActorOf(Props.Create<Echo>(), "echo");
        var address = ((ExtendedActorSystem)_there).Provider.DefaultAddress;
        _caller = _here.ActorOf(Props.Create(typeof(Caller), _here.ActorSelection(echo.Path.ToStringWithAddress(address)).ResolveOne(TimeSpan.FromSeconds(20)).Result));
    }

    [GlobalCleanup]
    public void CleanUp() => Task.WaitAll(_here.Terminate(), _there.Terminate());

    [Benchmark]
    public Task RoundTrip()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _caller.Tell(new Call(Messages, done));
        return done.Task;
    }

    private sealed record Call(int Messages, TaskCompletionSource Done);

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class Caller(IActorRef echo) : UntypedActor
    {
        private static readonly Accepted Message = new(new NodeId(1), new Ballot(1, new NodeId(1)), 1);
        private TaskCompletionSource? _done;
        private int _left;

        protected override void OnReceive(object message)
        {
            if (message is Call call)
            {
                (_left, _done) = (call.Messages, call.Done);
                for (var i = 0; i < call.Messages; i++) echo.Tell(Message);
            }
            else if (--_left == 0) _done!.SetResult();
        }
    }
}
