using Akka.Configuration;

namespace Akka.Subset.Tests;

/// <summary>What Akka's own Config promises to those who read settings.</summary>
public class HoconConfigTests
{
    private static readonly Config Sample = ConfigurationFactory.ParseString("""
        # a comment
        akka {
          loglevel = INFO // another
          actor {
            provider = cluster
            serializers { proto = "AkkaPaxos.Wire.PaxosSerializer, AkkaPaxos" }
            serialization-bindings { "AkkaPaxos.Wire.IMessage, AkkaPaxos" = proto, "System.Byte[]" = bytes }
            serialization-bindings."System.String" = text
          }
          remote.dot-netty.tcp { port = 4053, maximum-frame-size = 128000b, hostname = "" }
          cluster.seed-nodes = ["akka.tcp://paxos@127.0.0.1:4053", "akka.tcp://paxos@127.0.0.1:4054"]
          cluster.roles = [a, b]
          flags { a = on, b = off, e = true, f = false }
          times { a = 200 ms, b = 5s, c = 1m, d = infinite, e = 1500, f = 2 h, g = 1 d, h = 0.5s }
          sizes { a = 10, b = 10 KiB, c = 10 kB, d = 2 MiB }
          numbers { int = 42, negative = -1, float = 1.5 }
          copy = ${akka.numbers.int}
          nothing = {}
        }
        """);

    [Fact]
    public void Reads_scalars_by_path()
    {
        Assert.Equal("INFO", Sample.GetString("akka.loglevel"));
        Assert.Equal(4053, Sample.GetInt("akka.remote.dot-netty.tcp.port"));
        Assert.Equal("", Sample.GetString("akka.remote.dot-netty.tcp.hostname"));
        Assert.Equal(-1L, Sample.GetLong("akka.numbers.negative"));
        Assert.Equal(1.5, Sample.GetDouble("akka.numbers.float"));
        Assert.Equal(1.5f, Sample.GetFloat("akka.numbers.float"));
        Assert.Equal(1.5m, Sample.GetDecimal("akka.numbers.float"));
        Assert.Equal(42, Sample.GetInt("akka.copy"));
    }

    [Fact]
    public void Gives_defaults_where_nothing_is_set()
    {
        Assert.Null(Sample.GetString("akka.absent"));
        Assert.Equal("x", Sample.GetString("akka.absent.deep", "x"));
        Assert.Equal(7, Sample.GetInt("akka.absent", 7));
        Assert.True(Sample.GetBoolean("akka.absent", true));
        Assert.Equal(TimeSpan.FromSeconds(3), Sample.GetTimeSpan("akka.absent", TimeSpan.FromSeconds(3)));
        Assert.Equal(TimeSpan.Zero, Sample.GetTimeSpan("akka.absent"));
        Assert.Empty(Sample.GetStringList("akka.absent"));
        Assert.True(Sample.GetConfig("akka.absent").IsNullOrEmpty());
        Assert.False(Sample.HasPath("akka.absent"));
        Assert.True(Sample.HasPath("akka.nothing"));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("b", false)]
    [InlineData("e", true)]
    [InlineData("f", false)]
    public void Reads_booleans(string key, bool expected) => Assert.Equal(expected, Sample.GetBoolean("akka.flags." + key));

    [Theory]
    [InlineData("a", 200)]
    [InlineData("b", 5000)]
    [InlineData("c", 60000)]
    [InlineData("d", -1)]
    [InlineData("e", 1500)]
    [InlineData("f", 7200000)]
    [InlineData("g", 86400000)]
    [InlineData("h", 500)]
    public void Reads_durations(string key, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Sample.GetTimeSpan("akka.times." + key));

    [Theory]
    [InlineData("sizes.a", 10L)]
    [InlineData("sizes.b", 10240L)]
    [InlineData("sizes.c", 10000L)]
    [InlineData("sizes.d", 2L << 20)]
    [InlineData("remote.dot-netty.tcp.maximum-frame-size", 128000L)]
    public void Reads_sizes(string key, long bytes) => Assert.Equal(bytes, Sample.GetByteSize("akka." + key));

    [Fact]
    public void Refuses_values_of_another_type()
    {
        Assert.ThrowsAny<Exception>(() => Sample.GetInt("akka.loglevel"));
        Assert.ThrowsAny<Exception>(() => Sample.GetBoolean("akka.loglevel"));
        Assert.ThrowsAny<Exception>(() => Sample.GetTimeSpan("akka.loglevel"));
        Assert.ThrowsAny<Exception>(() => Sample.GetTimeSpan("akka.times.d", null, allowInfinite: false));
    }

    [Fact]
    public void Reads_lists()
    {
        Assert.Equal(["akka.tcp://paxos@127.0.0.1:4053", "akka.tcp://paxos@127.0.0.1:4054"], Sample.GetStringList("akka.cluster.seed-nodes"));
        Assert.Equal(["a", "b"], Sample.GetStringList("akka.cluster.roles"));
    }

    [Fact]
    public void Keeps_quoted_keys_whole()
    {
        var bindings = Sample.GetConfig("akka.actor.serialization-bindings").AsEnumerable().ToDictionary(b => b.Key, b => b.Value.GetString());
        Assert.Equal("proto", bindings["AkkaPaxos.Wire.IMessage, AkkaPaxos"]);
        Assert.Equal("bytes", bindings["System.Byte[]"]);
        Assert.Equal("text", bindings["System.String"]);
        Assert.Equal("text", Sample.GetString("akka.actor.serialization-bindings.\"System.String\""));
    }

    [Fact]
    public void A_fallback_fills_what_is_missing_and_never_overrides()
    {
        var config = ConfigurationFactory.ParseString("a { b = 1, c { x = 1 } }\nlist = [1]")
            .WithFallback(ConfigurationFactory.ParseString("a { b = 2, c { y = 2 }, d = 3 }\nlist = [2, 3]\nmore = yes"))
            .WithFallback(ConfigurationFactory.ParseString("a { e = 4, d = 5 }"));
        Assert.Equal(1, config.GetInt("a.b"));
        Assert.Equal(1, config.GetInt("a.c.x"));
        Assert.Equal(2, config.GetInt("a.c.y"));
        Assert.Equal(3, config.GetInt("a.d"));
        Assert.Equal(4, config.GetInt("a.e"));
        Assert.Equal(["1"], config.GetStringList("list"));
        Assert.True(config.GetBoolean("more"));
        var section = config.GetConfig("a");
        Assert.Equal(2, section.GetInt("c.y"));
        Assert.Equal(4, section.GetInt("e"));
        Assert.Equal(["b", "c", "d", "e"], section.AsEnumerable().Select(f => f.Key).Order());
    }

    [Fact]
    public void Empty_configurations_are_empty()
    {
        Assert.True(ConfigurationFactory.Empty.IsEmpty);
        Assert.True(ConfigurationFactory.ParseString("").IsNullOrEmpty());
        Assert.True(((Config)null!).IsNullOrEmpty());
        Assert.Equal(1, ConfigurationFactory.Empty.WithFallback("a = 1").GetInt("a"));
        Assert.Equal(1, ((Config)"a = 1").WithFallback(ConfigurationFactory.Empty).GetInt("a"));
    }

    [Fact]
    public void Objects_in_a_list_can_be_walked()
    {
        Config config = """members = [{ id = 1, host = a }, { id = 2, host = b }]""";
        var members = config.GetValue("members").GetArray().Select(m => m.GetObject());
        Assert.Equal(["1a", "2b"], members.Select(m => m.GetKey("id").GetInt() + m.GetKey("host").GetString()));
    }
}
