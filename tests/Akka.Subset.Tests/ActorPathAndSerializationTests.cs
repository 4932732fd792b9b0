using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Akka.Subset.Tests;

public sealed class ActorPathAndSerializationTests() : ActorTestBase($$"""
    akka.actor {
      serializers {
        text = "{{typeof(TextSerializer).AssemblyQualifiedName}}"
        special = "{{typeof(SpecialSerializer).AssemblyQualifiedName}}"
      }
      serialization-bindings {
        "{{typeof(INote).AssemblyQualifiedName}}" = text
        "{{typeof(SpecialNote).AssemblyQualifiedName}}" = special
      }
      serialization-identifiers {
        "{{typeof(SpecialSerializer).AssemblyQualifiedName}}" = 4711
      }
      serialization-settings.special { prefix = "configured: " }
    }
    """)
{
    public interface INote
    {
        string Text { get; }
    }

    public sealed record Note(string Text) : INote;

    public sealed record SpecialNote(string Text) : INote;

    public sealed class TextSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 4710;
        public override string Manifest(object o) => "note-1";
        public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(((INote)obj).Text);

        public override object FromBinary(byte[] bytes, string manifest) =>
            manifest == "note-1" ? new Note(Encoding.UTF8.GetString(bytes)) : throw new ArgumentException(manifest);
    }

    public sealed class SpecialSerializer(ExtendedActorSystem system, Config config) : Serializer(system)
    {
        private readonly string _prefix = config.GetString("prefix", "");
        public override bool IncludeManifest => true;
        public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(_prefix + ((INote)obj).Text);

        public override object FromBinary(byte[] bytes, Type type)
        {
            Assert.Equal(typeof(SpecialNote), type);
            return new SpecialNote(Encoding.UTF8.GetString(bytes));
        }
    }

    [Fact]
    public void The_most_specific_binding_decides()
    {
        var serialization = System.Serialization;
        var text = serialization.FindSerializerFor(new Note("x"));
        Assert.IsType<TextSerializer>(text);
        Assert.Equal("note-1", Akka.Serialization.Serialization.ManifestFor(text, new Note("x")));
        Assert.Equal(new Note("x"), serialization.Deserialize(serialization.Serialize(new Note("x")), 4710, "note-1"));
        Assert.IsType<SpecialSerializer>(serialization.FindSerializerForType(typeof(SpecialNote)));
    }

    [Fact]
    public void A_serializer_gets_its_id_and_settings_from_the_configuration()
    {
        var serialization = System.Serialization;
        var note = new SpecialNote("y");
        var serializer = serialization.FindSerializerFor(note);
        Assert.Equal(4711, serializer.Identifier);
        var manifest = Akka.Serialization.Serialization.ManifestFor(serializer, note);
        Assert.Equal(new SpecialNote("configured: y"), serialization.Deserialize(serializer.ToBinary(note), 4711, manifest));
        Assert.Equal(new SpecialNote("z"), serialization.Deserialize("z"u8.ToArray(), 4711, typeof(SpecialNote)));
    }

    [Fact]
    public void Byte_arrays_and_null_have_serializers()
    {
        var bytes = new byte[] { 1, 2 };
        var serializer = System.Serialization.FindSerializerFor(bytes);
        Assert.Equal(4, serializer.Identifier);
        Assert.Same(bytes, serializer.ToBinary(bytes));
        Assert.Equal(0, System.Serialization.FindSerializerFor(null!).Identifier);
    }

    [Fact]
    public void A_reference_is_written_with_the_address_of_the_transport()
    {
        var actor = NewProbe("someone").Ref;
        var uid = actor.Path.Uid;
        Assert.NotEqual(0, uid);
        Assert.Equal($"akka://test/user/someone#{uid}", Akka.Serialization.Serialization.SerializedActorPath(actor));
        var address = new Address("akka.tcp", "test", "host", 99);
        var path = Akka.Serialization.Serialization.WithTransport(System, address, () => Akka.Serialization.Serialization.SerializedActorPath(actor));
        Assert.Equal($"akka.tcp://test@host:99/user/someone#{uid}", path);
    }

    [Fact]
    public async Task A_path_resolves_to_the_living_incarnation_only()
    {
        var provider = ((ExtendedActorSystem)System).Provider;
        var probe = NewProbe("someone");
        Assert.Same(probe.Ref, provider.ResolveActorRef(probe.Ref.Path.ToSerializationFormat()));
        Assert.Same(probe.Ref, provider.ResolveActorRef("akka://test/user/someone"));
        var other = provider.ResolveActorRef("akka://test/user/someone#1");
        Assert.NotEqual(probe.Ref, other);
        other.Tell("lost");
        probe.Ref.Tell("found");
        await probe.Expect("found");
        Assert.Equal(System.DeadLetters, provider.ResolveActorRef("akka.tcp://elsewhere@host:1/user/someone"));
    }

    [Fact]
    public void Paths_are_parsed_and_compared_without_uid()
    {
        var path = ActorPath.Parse("akka.tcp://sys@host:2552/user/a/b#42");
        Assert.Equal(new Address("akka.tcp", "sys", "host", 2552), path.Address);
        Assert.Equal(["user", "a", "b"], path.Elements);
        Assert.Equal(42, path.Uid);
        Assert.Equal("b", path.Name);
        Assert.Equal("akka.tcp://sys@host:2552/user/a", path.Parent.ToString());
        Assert.Equal("/user/a/b", path.ToStringWithoutAddress());
        Assert.Equal("akka.tcp://sys@host:2552/user/a/b#42", path.ToSerializationFormat());
        Assert.Equal(path, path.WithUid(7));
        Assert.Equal(path, ActorPath.Parse("akka.tcp://sys@host:2552/user") / "a" / "b");
        Assert.NotEqual(path, ActorPath.Parse("akka.tcp://sys@host:2553/user/a/b"));
        Assert.True(path.CompareTo(path.Parent) > 0);
        Assert.False(ActorPath.TryParse("no path", out _));
        Assert.Equal("akka.tcp://sys@host:2552/user/x", ActorPath.Parse("akka://sys/user/x").ToStringWithAddress(path.Address));
        Assert.True(ActorPath.IsValidPathElement("a-b_c.1"));
        Assert.False(ActorPath.IsValidPathElement("$a"));
        Assert.False(ActorPath.IsValidPathElement("a b"));
    }

    [Fact]
    public void Addresses_are_parsed_and_compared()
    {
        var address = Address.Parse("akka.tcp://sys@Host:2552");
        Assert.Equal("host", address.Host);
        Assert.True(address.HasGlobalScope);
        Assert.Equal("sys@host:2552", address.HostPort());
        Assert.Equal(address, new Address("akka.tcp", "sys", "host", 2552));
        Assert.True(Address.Parse("akka://sys").HasLocalScope);
        Assert.False(Address.TryParse("akka.tcp:/sys", out _));
    }
}
