using Akka.Actor;
using Akka.Configuration;

namespace Akka.Subset.Tests;

public class ActorBasicsTests
{
    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    [Fact]
    public async Task An_actor_answers_an_ask()
    {
        var system = ActorSystem.Create("basics", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
        var echo = system.ActorOf(Props.Create<Echo>(), "echo");
        Assert.Equal("hello", await echo.Ask<string>("hello", TimeSpan.FromSeconds(10)));
        Assert.Equal("akka://basics/user/echo", echo.Path.ToString());
        await system.Terminate().WaitAsync(TimeSpan.FromSeconds(20));
    }
}
