using Akka.Actor;

namespace Akka.Subset.Tests;

public sealed class ActorPropsTests : ActorTestBase
{
    private sealed class Made : UntypedActor
    {
        private readonly string _how;
        public Made() => _how = "nothing";
        public Made(string text) => _how = "text " + text;
        public Made(string text, long number) => _how = $"text {text} number {number}";
        protected override void OnReceive(object message) => Sender.Tell(_how);
    }

    private Task<string> Ask(Props props) => System.ActorOf(props).Ask<string>("how?", Limit);

    [Fact]
    public async Task Props_choose_the_constructor_by_the_arguments()
    {
        var text = "captured";
        Assert.Equal("nothing", await Ask(Props.Create<Made>()));
        Assert.Equal("text x", await Ask(Props.Create<Made>("x")));
        Assert.Equal("text x number 3", await Ask(Props.Create(typeof(Made), "x", 3L)));
        Assert.Equal("text x number 4", await Ask(Props.Create(typeof(Made), "x", 4))); // widened as C# would
        Assert.Equal("text captured", await Ask(Props.Create(() => new Made(text))));
        Assert.Equal("text captured! number 8", await Ask(Props.Create(() => new Made(text + "!", text.Length))));
        Assert.Throws<ArgumentException>(() => Props.Create(typeof(string)));
    }

    [Fact]
    public async Task Props_name_the_dispatcher()
    {
        var props = Props.Create<Made>().WithDispatcher("akka.actor.default-blocking-io-dispatcher");
        Assert.Equal("akka.actor.default-blocking-io-dispatcher", props.Dispatcher);
        Assert.Equal("nothing", await Ask(props));
        Assert.ThrowsAny<Exception>(() => System.ActorOf(Props.Create<Made>().WithDispatcher("no-such-dispatcher")));
    }
}
