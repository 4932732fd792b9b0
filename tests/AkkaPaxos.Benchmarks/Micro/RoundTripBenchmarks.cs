using Akka.Actor;
using AkkaPaxos.Client;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;
using BenchmarkDotNet.Attributes;

namespace AkkaPaxos.Benchmarks;

/// <summary>Messages to an actor of another actor system over the loopback interface and back, until the last is back.</summary>
public class RoundTripBenchmarks
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(20);
    private readonly List<IDisposable> _links = [];
    private ActorSystem _here = null!, _there = null!;
    private IActorRef _caller = null!;

    /// <summary>Akka's remoting, or direct links: <c>akkapaxos.links</c>.</summary>
    [Params("akka", "direct")]
    public string Links { get; set; } = "";

    /// <summary>How many at once.</summary>
    [Params(1, 64)]
    public int Messages { get; set; }

    [GlobalSetup]
    public async Task SetUp()
    {
        _here = ActorSystem.Create("here", PaxosClient.DefaultConfig());
        _there = ActorSystem.Create("there", PaxosClient.DefaultConfig());
        var echo = _there.ActorOf(Props.Create<Echo>(), "echo");
        var remote = Links == "direct"
            ? (await Connect(_here, _there)).Actor("/user/echo")
            : await _here.ActorSelection(echo.Path.ToStringWithAddress(AddressOf(_there))).ResolveOne(InTime);
        _caller = _here.ActorOf(Props.Create(typeof(Caller), remote));
    }

    /// <summary>Links both ways, as two nodes have them.</summary>
    /// <returns>There as it is seen from here.</returns>
    private async Task<LinkPeer> Connect(ActorSystem here, ActorSystem there)
    {
        var settings = new LinkSettings(true, "127.0.0.1", 0, 4 << 20, 1 << 20);
        var (hereHub, thereHub) = (new LinkHub((ExtendedActorSystem)here, 1, settings), new LinkHub((ExtendedActorSystem)there, 2, settings));
        LinkPeer[] peers = [hereHub.Node($"{AddressOf(there)}"), thereHub.Node($"{AddressOf(here)}")];
        hereHub.Open();
        thereHub.Open();
        _ = hereHub.Connect(peers[0], thereHub.Port);
        _ = thereHub.Connect(peers[1], hereHub.Port);
        for (var end = DateTime.UtcNow + InTime; peers.Any(p => !p.IsConnected); await Task.Delay(10))
            if (DateTime.UtcNow > end) throw new TimeoutException("the links are not connected");
        var look = new Timer(_ => Array.ForEach([hereHub, thereHub], hub => hub.Look()), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _links.AddRange([look, hereHub, thereHub]);
        return peers[0];
    }

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    [GlobalCleanup]
    public void CleanUp()
    {
        _links.ForEach(link => link.Dispose());
        _links.Clear();
        Task.WaitAll(_here.Terminate(), _there.Terminate());
    }

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
