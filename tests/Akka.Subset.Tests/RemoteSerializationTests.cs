using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf.WellKnownTypes;
using static Akka.Subset.Tests.RemoteTestSystem;

namespace Akka.Subset.Tests;

public class RemoteSerializationTests
{
    [Fact]
    public async Task Built_in_messages_have_their_serializers_and_come_back_as_they_were()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        Assert.Equal("grüße", RoundTrip(a, "grüße", 17));
        Assert.Equal(int.MinValue, RoundTrip(a, int.MinValue, 17));
        Assert.Equal(long.MaxValue, RoundTrip(a, long.MaxValue, 17));
        Assert.Equal(new StringValue { Value = "x" }, RoundTrip(a, new StringValue { Value = "x" }, 2));
        Assert.Same(PoisonPill.Instance, RoundTrip(a, PoisonPill.Instance, 16));
        Assert.Same(Kill.Instance, RoundTrip(a, Kill.Instance, 16));
        Assert.Equal(7L, Assert.IsType<Identify>(RoundTrip(a, new Identify(7L), 16)).MessageId);
        var echo = a.Echo();
        Assert.Equal(echo, RoundTrip(a, echo, 16));
        var identity = Assert.IsType<ActorIdentity>(RoundTrip(a, new ActorIdentity("who", echo), 16));
        Assert.Equal(("who", echo), (identity.MessageId, identity.Subject));
        Assert.Null(Assert.IsType<ActorIdentity>(RoundTrip(a, new ActorIdentity("who", null), 16)).Subject);
        var elements = new SelectionPathElement[] { new SelectChildName("user"), new SelectChildPattern("e*"), new SelectParent() };
        var selection = Assert.IsType<ActorSelectionMessage>(RoundTrip(a, new ActorSelectionMessage("hello", elements, true), 6));
        Assert.Equal(("hello", true), (selection.Message, selection.WildCardFanOut));
        Assert.Equal(["user", "e*", ".."], selection.Elements.Select(e => e.ToString()));
    }

    [Fact]
    public async Task References_carry_the_address_that_a_peer_can_reach()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        var echo = a.Echo();
        var system = (ExtendedActorSystem)a.System;
        var path = Serialization.Serialization.WithTransport(system, () => Serialization.Serialization.SerializedActorPath(echo));
        Assert.Equal(echo.Path.ToSerializationFormatWithAddress(a.Address), path);
        Assert.Equal(echo, system.Provider.ResolveActorRef(path));
    }

    [Fact]
    public async Task A_failure_that_answers_a_remote_Ask_fails_it()
    {
        await using var a = new RemoteTestSystem("RemoteA");
        await using var b = new RemoteTestSystem("RemoteB");
        b.System.ActorOf(Props.Create(() => new Refuser()), "refuser");
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => a.Resolve(b.PathOf("refuser")).Ask<string>("please", Patience));
        Assert.IsNotType<AskTimeoutException>(failure);
        Assert.Contains("not today", failure.ToString());
    }

    private static object RoundTrip(RemoteTestSystem on, object message, int expectedId)
    {
        var system = (ExtendedActorSystem)on.System;
        var serializer = system.Serialization.FindSerializerFor(message);
        Assert.Equal(expectedId, serializer.Identifier);
        var manifest = Serialization.Serialization.ManifestFor(serializer, message);
        var bytes = Serialization.Serialization.WithTransport(system, () => serializer.ToBinary(message));
        return system.Serialization.Deserialize(bytes, serializer.Identifier, manifest);
    }

    private sealed class Refuser : ReceiveActor
    {
        public Refuser() => ReceiveAny(_ => Sender.Tell(new Status.Failure(new InvalidOperationException("not today"))));
    }
}
