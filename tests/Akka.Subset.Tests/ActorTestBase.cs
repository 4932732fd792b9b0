using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Subset.Tests;

/// <summary>A quiet system per test, and probes that need no TestKit.</summary>
public abstract class ActorTestBase : IAsyncLifetime
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    protected static readonly Config Quiet = ConfigurationFactory.ParseString(
        "akka { loglevel = OFF\n stdout-loglevel = OFF\n loggers = []\n log-dead-letters = off\n coordinated-shutdown.run-by-clr-shutdown-hook = off }");

    protected ActorTestBase(string hocon = "") => System = ActorSystem.Create("test", ConfigurationFactory.ParseString(hocon).WithFallback(Quiet));

    protected ActorSystem System { get; }
    public Task InitializeAsync() => Task.CompletedTask;
    public Task DisposeAsync() => System.Terminate().WaitAsync(Limit);

    private protected Probe NewProbe(string? name = null) => new(System, name);

    /// <summary>An actor made of a function.</summary>
    private protected IActorRef Spawn(Action<object, IUntypedActorContext> receive, string? name = null) =>
        System.ActorOf(Props.Create(() => new FunctionActor(receive)), name);

    private protected sealed class FunctionActor(Action<object, IUntypedActorContext> receive) : UntypedActor
    {
        protected override void OnReceive(object message) => receive(message, Context);
    }

    /// <summary>Collects what it is sent, with the sender; watches on request.</summary>
    private protected sealed class Probe
    {
        private readonly Channel<(object Message, IActorRef Sender)> _received = Channel.CreateUnbounded<(object, IActorRef)>();

        public Probe(ActorSystem system, string? name = null)
        {
            var writer = _received.Writer;
            Ref = system.ActorOf(Props.Create(() => new Collector(writer)), name);
        }

        public IActorRef Ref { get; }
        public IActorRef LastSender { get; private set; } = ActorRefs.Nobody;

        public async Task<T> Expect<T>()
        {
            using var limit = new CancellationTokenSource(Limit);
            var (message, sender) = await _received.Reader.ReadAsync(limit.Token);
            LastSender = sender;
            return Assert.IsAssignableFrom<T>(message);
        }

        public async Task Expect<T>(T expected) where T : notnull => Assert.Equal(expected, await Expect<T>());

        public async Task ExpectNothing(int milliseconds = 150)
        {
            await Task.Delay(milliseconds);
            Assert.False(_received.Reader.TryRead(out var other), $"unexpected: {other.Message}");
        }

        /// <summary>The collector has handled all that was sent before, so what is in the channel is all there is.</summary>
        public async Task ExpectNothingSoFar()
        {
            await Ref.Ask<ActorIdentity>(new Identify(1), Limit);
            Assert.False(_received.Reader.TryRead(out var other), $"unexpected: {other.Message}");
        }

        public async Task Watch(IActorRef subject)
        {
            Ref.Tell(new WatchThis(subject), ActorRefs.NoSender);
            await Ref.Ask<ActorIdentity>(new Identify(1), Limit);
        }

        private sealed record WatchThis(IActorRef Subject);

        private sealed class Collector(ChannelWriter<(object, IActorRef)> writer) : UntypedActor
        {
            protected override void OnReceive(object message)
            {
                if (message is WatchThis watch) Context.Watch(watch.Subject);
                else writer.TryWrite((message, Sender));
            }
        }
    }
}
