using System.Globalization;
using System.Text;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using AkkaPaxos.Hocon;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>What Akka.NET's own parser and <see cref="Config"/> make of a text, beside what is made of it here.</summary>
public sealed class HoconHandedToAkkaTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public HoconHandedToAkkaTests() => Environment.SetEnvironmentVariable("AKKAPAXOS_TEST_PORT", "4711");

    public void Dispose() => File.Delete(_file);

    /// <summary>Each reads the key <c>s.a</c>.</summary>
    [Theory]
    // Structure.
    [InlineData("int", "s {\n  b = 1\na = 2", "2", "1:3: s: object is not closed: expected '}', found the end of the text")]
    [InlineData("int", "s.b = 1\n}\ns.a = 2", "0", "2:1: this '}' closes nothing: no '{' before it is open")]
    [InlineData("text", "s {\n  a =\n  b = 2\n}", "b", "2:5: s.a: expected a value after '=', found none")]
    [InlineData("text", "s.a =", "FormatException", "1:5: s.a: expected a value after '=', found none")]
    [InlineData("text", "s.a = \"open\ns.b = 2", "open\ns.b = 2", "1:7: s.a: string is not closed: expected '\"', found the end of the line")]
    [InlineData("text", "s.a", "nothing", "1:4: s.a: expected ':', '=', '+=' or '{' after the key, found the end of the text")]
    [InlineData("text", "s..a = 1", "1", "1:3: expected a key before '.', found '.'")]
    [InlineData("text", "s.a = 1 s.b = 2", "1 s.b", "1:13: s.a: expected a value (other characters need quotes), found '='")]
    [InlineData("text", "s.a = { b : 1 } x", "x", "1:7: s.a: cannot join a string with an object")]
    [InlineData("list", "s.a = [x] y", "[x]", "1:7: s.a: cannot join a string with an array")]
    [InlineData("list", "s.a = [x,,y]", "[x, , y]", "1:10: s.a: expected a field or a value, found ','")]
    [InlineData("text", "s.a = http://host", "ConfigurationException", "1:11: s.a: expected a value (other characters need quotes), found ':'")]
    [InlineData("text", "s.a = \"\\q\"", "FormatException", "1:9: s.a: expected one of \" \\ / b f n r t u after '\\', found 'q'")]
    // What the language has and Akka.NET's parser has not.
    [InlineData("list", "s.a = [x]\ns.a += y", "[x]", "[x, y]")]
    [InlineData("int", "s.a = ${AKKAPAXOS_TEST_PORT}", "FormatException", "4711")]
    [InlineData("text", "s.a = ${?AKKAPAXOS_TEST_PORT}", "nothing", "4711")]
    [InlineData("text", "s.a = 1\ns.a = ${?AKKAPAXOS_TEST_UNSET}", "nothing", "1")]
    [InlineData("int", "s { b { c = 1 }, a = 2 }", "FormatException", "2")]
    [InlineData("int", "s.b = ${?AKKAPAXOS_TEST_UNSET}\ns.a = 1", "0", "1")]
    [InlineData("int", "s { b = 5, c = 6 }\ns.a = ${?s.b}", "ArgumentNullException", "5")]
    [InlineData("int", "include \"none.conf\"\ns.a = 1", "NullReferenceException", "1")]
    [InlineData("int", "s.a = ${s.none}", "FormatException",
        "1:7: s.a: ${s.none} has no value: 's.none' is neither a key (but this one itself) nor an environment variable")]
    // Texts.
    [InlineData("text", "s.a = \"  x  \"", "x", "x")]
    [InlineData("text", "s.a = \"null\"", "nothing", "1:1: s.a: Akka.NET takes the text \"null\" for no value; write another, or leave out the key")]
    [InlineData("text", "s.a = null", "nothing", "s.a: expected a text, found null (leave the key out for its default)")]
    [InlineData("text", "s.a = [x]", "nothing", "s.a: expected a text, found a list")]
    [InlineData("text", "s.a { b = x }", "nothing", "s.a: expected a text, found a section")]
    // Numbers.
    [InlineData("int", "s {}", "0", "s.a: expected a whole number, found nothing")]
    [InlineData("int", "s = 5", "0", "s: expected a section { ... }, found \"5\"")]
    [InlineData("int", "s.a = null", "ArgumentNullException", "s.a: expected a whole number, found null (leave the key out for its default)")]
    [InlineData("int", "s.a = wide", "FormatException", "s.a: expected a whole number, found \"wide\"")]
    [InlineData("int", "s.a = 3000000000", "OverflowException", "s.a: expected a whole number, found \"3000000000\"")]
    [InlineData("int", "s.a = 1.5", "FormatException", "s.a: expected a whole number, found \"1.5\"")]
    [InlineData("int", "s.a = [1]", "ArgumentNullException", "s.a: expected a whole number, found a list")]
    [InlineData("double", "s.a = \"1,5\"", "15", "s.a: expected a number from 0 to 100, found \"1,5\"")]
    [InlineData("double", "s.a = NaN", "NaN", "s.a: expected a number from 0 to 100, found \"NaN\"")]
    [InlineData("double", "s {}", "0", "s.a: expected a number from 0 to 100, found nothing")]
    // Durations and sizes.
    [InlineData("duration", "s {}", "00:00:00", "s.a: expected a duration above 0 (like 200 ms, 5s), found nothing")]
    [InlineData("duration", "s.a = soon", "FormatException", "s.a: expected a duration above 0 (like 200 ms, 5s), found \"soon\"")]
    [InlineData("duration", "s.a = -5s", "FormatException", "s.a: expected a duration above 0 (like 200 ms, 5s), found \"-5s\"")]
    [InlineData("duration", "s.a = 0s", "00:00:00", "s.a: expected a duration above 0 (like 200 ms, 5s), found \"0s\"")]
    [InlineData("duration", "s.a = [5s]", "ArgumentNullException", "s.a: expected a duration above 0 (like 200 ms, 5s), found a list")]
    [InlineData("duration", "s.a = 99999999999 d", "OverflowException", "s.a: expected a duration above 0 (like 200 ms, 5s), found \"99999999999 d\"")]
    [InlineData("size", "s {}", "nothing", "s.a: expected a size above 0 (like 512 KiB, 4 MiB), found nothing")]
    [InlineData("size", "s.a = 99E", "3458764513820540928", "s.a: expected a size above 0 (like 512 KiB, 4 MiB), found \"99E\"")]
    [InlineData("size", "s.a = -1", "-1", "s.a: expected a size above 0 (like 512 KiB, 4 MiB), found \"-1\"")]
    [InlineData("size", "s.a = 1 elephant", "FormatException", "s.a: expected a size above 0 (like 512 KiB, 4 MiB), found \"1 elephant\"")]
    // Switches.
    [InlineData("switch", "s {}", "False", "s.a: expected on or off, found nothing")]
    [InlineData("switch", "s.a = maybe", "NotSupportedException", "s.a: expected on or off, found \"maybe\"")]
    [InlineData("switch", "s.a = True", "NotSupportedException", "s.a: expected on or off, found \"True\"")]
    // Lists.
    [InlineData("list", "s {}", "[]", "s.a: expected a list of texts (like [a, b]), found nothing")]
    [InlineData("list", "s.a = x", "[]", "s.a: expected a list of texts (like [a, b]), found \"x\"")]
    [InlineData("list", "s.a = \"x, y\"", "[]", "s.a: expected a list of texts (like [a, b]), found \"x, y\"")]
    [InlineData("list", "s.a { b = 1 }", "[]", "s.a: expected a list of texts (like [a, b]), found a section")]
    [InlineData("list", "s.a = null", "[]", "s.a: expected a list of texts (like [a, b]), found null (leave the key out for its default)")]
    [InlineData("list", "s.a = [{ b = 1 }]", "[]", "s.a: expected a list of texts (like [a, b]), found a section")]
    [InlineData("list", "s.a = [x, null]", "[x, ]", "s.a: expected a list of texts (like [a, b]), found null (leave the key out for its default)")]
    [InlineData("list", "s.a = []", "[]", "[]")]
    public void What_Akka_makes_of_a_text_beside_what_is_made_of_it_here(string type, string hocon, string akka, string ours)
    {
        Assert.Equal(akka, OfAkka(type, hocon));
        var (known, text) = Ours(type, hocon);
        Assert.Equal(known ? ours : $"{_file}:{ours}", text);
    }

    [Theory]
    [InlineData("a = null", "nothing")]
    [InlineData("a = ${?AKKAPAXOS_TEST_UNSET}", "nothing")]
    [InlineData("a = [1]", "nothing")]
    [InlineData("b = 2", "1")]
    public void What_Akka_makes_of_a_value_that_is_none_over_a_default(string hocon, string text) =>
        Assert.Equal(text, ConfigurationFactory.ParseString(hocon).WithFallback("a = 1").GetString("a") ?? "nothing");

    [Theory]
    [InlineData("s.a = null", "s.a: expected a whole number, found null (leave the key out for its default)")]
    [InlineData("s.a = ${?AKKAPAXOS_TEST_UNSET}", "s.a: expected a whole number, found nothing")]
    [InlineData("s.a = [1]", "s.a: expected a whole number, found a list")]
    public void A_configuration_that_came_straight_from_Akkas_parser_is_read_as_strictly(string hocon, string error)
    {
        var section = Section.Of(ConfigurationFactory.ParseString(hocon).WithFallback("s { a = 1, b = 2 }"), "s");
        Assert.Equal(2, section.Whole("b"));
        Assert.Equal(error, Assert.Throws<SettingException>(() => section.Whole("a", int.MinValue)).Message);
    }

    [Fact]
    public void Substitutions_of_Akkas_own_parser_are_read_by_what_they_stand_for()
    {
        var section = Section.Of("x { text = t, list = [a, b], none = [], in { n = 5 } }\n"
            + "s { text = ${x.text}, list = ${x.list}, none = ${x.none}, in = ${x.in}, more = ${x.list} [c] }", "s");
        Assert.Equal("t", section.Text("text"));
        Assert.Equal(["a", "b"], section.Texts("list"));
        Assert.Empty(section.Texts("none"));
        Assert.Equal(5, section.Inner("in").Whole("n"));
        Assert.Equal(["a", "b", "c"], section.Texts("more"));
    }

    [Theory]
    [InlineData("1 ns", 0.0)]
    [InlineData("1500 us", 1.5)]
    [InlineData("200 milliseconds", 200.0)]
    [InlineData("1500", 1500.0)]
    [InlineData("2s", 2000.0)]
    [InlineData("1.5 minutes", 90000.0)]
    [InlineData("1h", 3600000.0)]
    [InlineData("2 days", 172800000.0)]
    [InlineData("soon", null)]
    [InlineData("1 s 2 ms", null)]
    [InlineData("1S", null)]
    [InlineData("", null)]
    public void Durations(string text, double? milliseconds) =>
        Assert.Equal(milliseconds, HoconText.Duration(text) is { } d ? Math.Round(d.TotalMilliseconds, 3) : null);

    [Theory]
    [InlineData("512", 512L)]
    [InlineData("512B", 512L)]
    [InlineData("64 KiB", 65536L)]
    [InlineData("64k", 65536L)]
    [InlineData("64 kB", 64000L)]
    [InlineData("3 GiB", 3L << 30)]
    [InlineData("1.5 MB", 1500000L)]
    [InlineData("8 EiB", null)]
    [InlineData("1 mb", null)]
    [InlineData("MB", null)]
    public void Sizes(string text, long? bytes) => Assert.Equal(bytes, HoconText.Size(text));

    /// <summary>Akka's own keys mean in a user's file what they mean to Akka.</summary>
    [Fact]
    public void What_Akka_understands_by_itself_reaches_it_unchanged()
    {
        const string Text = """"
            # a comment
            akka {
              loglevel = INFO // another
              loggers = ["Akka.Event.DefaultLogger, Akka"]
              actor {
                provider = cluster
                serializers { proto = "AkkaPaxos.Wire.PaxosSerializer, AkkaPaxos" }
                serialization-bindings { "AkkaPaxos.Wire.IMessage, AkkaPaxos" = proto, "System.Byte[]" = bytes }
                serialization-bindings."System.String" = text
                serialization-bindings."Some.Type`1[[System.String, mscorlib]], Assembly" = proto
                deployment {
                  "/a/*/b" { router = round-robin-pool, nr-of-instances = 5 }
                  /plain { remote = "akka.tcp://s@h:1" }
                }
              }
              remote.dot-netty.tcp { port = 4053, maximum-frame-size = 128000b, hostname = "", batching.enabled = false }
              cluster { seed-nodes = ["akka.tcp://paxos@127.0.0.1:4053", "akka.tcp://paxos@127.0.0.1:4054"], roles = [a, b] }
              flags { a = on, b = off, e = true, f = false }
              times { a = 200 ms, b = 5s, c = 1m, d = infinite, e = 1500, f = 2 h, g = 1 d, h = 0.5s, i = off }
              sizes { a = 10, b = 10 KiB, c = 10 kB, d = 2 MiB }
              numbers { int = 42, negative = -1, float = 1.5, exponent = 1e3, big = 9007199254740993 }
              "a b" { "c.d" = "x \"y\" \\ z", multi = """raw "text" \n${no}""" }
              nothing = {}
              empty = []
              nil = null
              objects = [{ a = 1, b = [x] }, { a = 2 }]
            }
            """";
        File.WriteAllText(_file, Text);
        var (direct, read) = (ConfigurationFactory.ParseString(Text), HoconFile.Load(_file, []).Config);
        Assert.Equal(Flat(direct.Root), Flat(read.Root));

        Assert.Equal(4053, read.GetInt("akka.remote.dot-netty.tcp.port"));
        Assert.Equal(128000, read.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size"));
        Assert.Equal("proto", read.GetString("akka.actor.serialization-bindings.\"AkkaPaxos.Wire.IMessage, AkkaPaxos\""));
        Assert.False(read.GetBoolean("akka.remote.dot-netty.tcp.batching.enabled"));
        foreach (var key in "abef") Assert.Equal(direct.GetBoolean($"akka.flags.{key}"), read.GetBoolean($"akka.flags.{key}"));
        foreach (var key in "abcdefgh") Assert.Equal(direct.GetTimeSpan($"akka.times.{key}"), read.GetTimeSpan($"akka.times.{key}"));
        foreach (var key in "abcd") Assert.Equal(direct.GetByteSize($"akka.sizes.{key}"), read.GetByteSize($"akka.sizes.{key}"));
        Assert.Equal((1.5, 1000, 9007199254740993L),
            (read.GetDouble("akka.numbers.float"), read.GetDouble("akka.numbers.exponent"), read.GetLong("akka.numbers.big")));
    }

    /// <summary>Whatever characters keys and texts are made of.</summary>
    [Fact]
    public void Any_text_and_key_reaches_Akka()
    {
        var random = new Random(4053);
        for (var run = 0; run < 200; run++)
        {
            var (text, expected) = (new StringBuilder(), new List<string>());
            Fields(text, "", expected, depth: 0);
            File.WriteAllText(_file, text.ToString());
            Assert.Equal(expected, Flat(HoconFile.Load(_file, []).Config.Root));
        }

        void Fields(StringBuilder to, string path, List<string> flat, int depth)
        {
            for (var i = 0; i < 3; i++)
            {
                var key = $"{i}{Any()}";
                to.Append(HoconText.Quote(key)).Append(" = ");
                Value(to, $"{path}/{key}", flat, depth);
                to.Append('\n');
            }
        }

        void Value(StringBuilder to, string path, List<string> flat, int depth)
        {
            var kind = depth > 2 ? 0 : random.Next(3);
            if (kind == 0)
            {
                var value = Any();
                to.Append(HoconText.Quote(value));
                flat.Add($"{path}={value.Trim()}");
                return;
            }
            to.Append(kind == 1 ? "{\n" : "[");
            if (kind == 1) Fields(to, path, flat, depth + 1);
            else
                for (var i = 0; i < 2; i++)
                {
                    Value(to, $"{path}/{i}", flat, 3);
                    to.Append(",\n");
                }
            to.Append(kind == 1 ? "}" : "]");
        }

        string Any() => new(random.GetItems("ab1.-_ \t\n\r\"\\/#{}[]()$?=:,+*&@^!`~<>|;%'\u0001\u00a0é漢\u2028".ToCharArray(), random.Next(6)));
    }

    /// <summary>Every text of a value by its path, in the order of the paths.</summary>
    private static IEnumerable<string> Flat(HoconValue value, string path = "")
    {
        if (value.IsObject() && value.GetObject().Items.Count == 0) return [$"{path}={{}}"];
        if (value.IsObject()) return value.GetObject().Items.SelectMany(f => Flat(f.Value, $"{path}/{f.Key}"));
        if (value.IsArray()) return value.GetArray().SelectMany((item, i) => Flat(item, $"{path}/{i}"));
        return [$"{path}={value.GetString()}"];
    }

    private static string OfAkka(string type, string hocon)
    {
        try
        {
            var config = ConfigurationFactory.ParseString(hocon);
            return type switch
            {
                "text" => config.GetString("s.a"),
                "int" => Show(config.GetInt("s.a")),
                "double" => Show(config.GetDouble("s.a")),
                "duration" => Show(config.GetTimeSpan("s.a")),
                "size" => Show(config.GetByteSize("s.a")),
                "switch" => Show(config.GetBoolean("s.a")),
                _ => Show(config.GetStringList("s.a")),
            } ?? "nothing";
        }
        catch (Exception e) when (e is SystemException or ConfigurationException)
        {
            return e.GetType().Name;
        }
    }

    /// <summary>What is read, or said of it; whether the file itself can be read.</summary>
    private (bool Read, string Text) Ours(string type, string hocon)
    {
        File.WriteAllText(_file, hocon);
        HoconFile file;
        try
        {
            file = HoconFile.Load(_file, []);
        }
        catch (HoconFileException e)
        {
            return (false, e.Message);
        }
        try
        {
            var s = Section.Of(file.Config, "s");
            return (true, type switch
            {
                "text" => s.Text("a"),
                "int" => Show(s.Whole("a", int.MinValue))!,
                "double" => Show(s.Real("a", 0, 100))!,
                "duration" => Show(s.Duration("a"))!,
                "size" => Show(s.Size("a"))!,
                "switch" => Show(s.Switch("a"))!,
                _ => Show(s.Texts("a")),
            });
        }
        catch (SettingException e)
        {
            return (true, e.Message);
        }
    }

    private static string? Show(object? value) => value is null ? null : string.Format(CultureInfo.InvariantCulture, "{0}", value);

    private static string Show(IEnumerable<string?> list) => $"[{string.Join(", ", list)}]";
}
