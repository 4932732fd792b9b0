using Hocon;

namespace Akka.Subset.Tests;

/// <summary>The language, by the examples of its specification.</summary>
public class HoconLanguageTests
{
    private static Config Parse(string text) => HoconConfigurationFactory.ParseString(text);

    private static Task<string> NoIncludes(HoconCallbackType type, string name) => Task.FromResult("");

    [Theory]
    [InlineData("a = 1", "1")]
    [InlineData("a : 1", "1")]
    [InlineData("a:1", "1")]
    [InlineData("{ \"a\" : 1 }", "1")]
    [InlineData("a = one two  three ", "one two  three")]
    [InlineData("a = \"quoted, text\"", "quoted, text")]
    [InlineData("a = \"\"", "")]
    [InlineData("a = \"x\\n\\t\\\"\\\\\\u0041\"", "x\n\t\"\\A")]
    [InlineData("a = \"\"\"raw \"text\" \\n\"\"\"", "raw \"text\" \\n")]
    [InlineData("a = \"one\" two", "one two")]
    [InlineData("a = 10ms // comment", "10ms")]
    [InlineData("a = x # comment", "x")]
    [InlineData("# comment\n\n// another\na = x", "x")]
    [InlineData("a = b/c-d_e.f", "b/c-d_e.f")]
    [InlineData("a =\n  1", "1")]
    [InlineData("b = 2, a = 1,", "1")]
    [InlineData("a = 1\r\nb = 2", "1")]
    [InlineData("a = 1\na = 2", "2")]
    [InlineData("a = { b : 1 }\na = 3", "3")]
    public void Strings_and_separators(string text, string expected) => Assert.Equal(expected, Parse(text).GetString("a"));

    [Theory]
    [InlineData("a.b.c = 1", "a.b.c")]
    [InlineData("a { b { c : 1 } }", "a.b.c")]
    [InlineData("a.b { c = 1 }", "a.b.c")]
    [InlineData("\"a.b\".c = 1", "\"a.b\".c")]
    [InlineData("a b c : 1", "a b c")]
    [InlineData("a { x : 0 }\na.b.c : 1", "a.b.c")]
    [InlineData("a : { b : { c : 0 } }\na : { b : { c : 1 } }", "a.b.c")]
    public void Keys_are_paths(string text, string path) => Assert.Equal(1, Parse(text).GetInt(path));

    [Theory]
    [InlineData("a = [1, 2, 3]")]
    [InlineData("a = [1, 2, 3,]")]
    [InlineData("a = [\n 1\n 2 // two\n 3\n]")]
    [InlineData("a = [1] [2, 3]")]
    [InlineData("a = [1]\na = ${a} [2, 3]")]
    [InlineData("a = [1, 2]\na += 3")]
    [InlineData("a += 1\na += 2\na += 3")]
    [InlineData("b = 2\na = [1, ${b}, 3]")]
    [InlineData("b = [2, 3]\na = [1] ${b}")]
    [InlineData("a = [1, 2, ${?missing}, 3]")]
    public void Lists(string text) => Assert.Equal(["1", "2", "3"], Parse(text).GetStringList("a"));

    [Fact]
    public void Objects_merge_and_concatenate()
    {
        var config = Parse("""
            base { cluster = east, size = 2 }
            derived = ${base} { name = derived, size = 3 }
            both = { a : 1 } { b : 2 }
            base.size = 4
            """);
        Assert.Equal("east", config.GetString("derived.cluster"));
        Assert.Equal(3, config.GetInt("derived.size"));
        Assert.Equal("derived", config.GetString("derived.name"));
        Assert.Equal(1, config.GetInt("both.a"));
        Assert.Equal(2, config.GetInt("both.b"));
        Assert.Equal(4, config.GetInt("base.size"));
    }

    [Fact]
    public void Substitutions_look_forward_and_into_their_own_object()
    {
        var config = Parse("""
            first = ${later.value}
            later { value = 5, copy = ${later.value} }
            bar : { foo : 42, baz : ${bar.foo} }
            bar : { foo : 43 }
            path = /usr
            file = ${path}/bin/"x y"
            """);
        Assert.Equal(5, config.GetInt("first"));
        Assert.Equal(5, config.GetInt("later.copy"));
        Assert.Equal(43, config.GetInt("bar.baz"));
        Assert.Equal("/usr/bin/x y", config.GetString("file"));
    }

    [Fact]
    public void A_field_that_refers_to_itself_sees_its_earlier_value()
    {
        var config = Parse("""
            path = "a:b"
            path = ${path}":c"
            list = [x]
            list = ${list} [y]
            greeting = ${?greeting}hello
            o = { n : 1 }
            o = ${o} { m : 2 }
            """);
        Assert.Equal("a:b:c", config.GetString("path"));
        Assert.Equal(["x", "y"], config.GetStringList("list"));
        Assert.Equal("hello", config.GetString("greeting"));
        Assert.Equal(1, config.GetInt("o.n"));
        Assert.Equal(2, config.GetInt("o.m"));
    }

    [Fact]
    public void An_optional_substitution_without_a_value_changes_nothing()
    {
        var config = Parse("port = 1\nport = ${?AKKAPAXOS_TEST_UNSET}\nalone = ${?AKKAPAXOS_TEST_UNSET}\ntext = a${?AKKAPAXOS_TEST_UNSET}b");
        Assert.Equal(1, config.GetInt("port"));
        Assert.False(config.HasPath("alone"));
        Assert.Equal("ab", config.GetString("text"));
    }

    [Fact]
    public void The_environment_stands_behind_the_file()
    {
        Environment.SetEnvironmentVariable("AKKAPAXOS_TEST_PORT", "4711");
        Environment.SetEnvironmentVariable("AKKAPAXOS_TEST_HIDDEN", "no");
        var config = Parse("""
            port = 1
            port = ${?AKKAPAXOS_TEST_PORT}
            url = "http://h:"${AKKAPAXOS_TEST_PORT}
            AKKAPAXOS_TEST_HIDDEN = file
            own = ${AKKAPAXOS_TEST_HIDDEN}
            """);
        Assert.Equal(4711, config.GetInt("port"));
        Assert.Equal("http://h:4711", config.GetString("url"));
        Assert.Equal("file", config.GetString("own"));
    }

    [Fact]
    public void Includes_merge_where_they_stand()
    {
        static Task<string> Include(HoconCallbackType type, string name) => Task.FromResult(name switch
        {
            "common.conf" => "a { x = 1, y = 1 }\nlist = [1]",
            "nested.conf" => "include \"common.conf\"\nb = ${a.x}",
            _ => "",
        });
        var config = HoconConfigurationFactory.ParseString("include \"nested.conf\"\na.y = 2\nlist += 2\ninclude file(\"absent.conf\")", Include);
        Assert.Equal(1, config.GetInt("a.x"));
        Assert.Equal(2, config.GetInt("a.y"));
        Assert.Equal(1, config.GetInt("b"));
        Assert.Equal(["1", "2"], config.GetStringList("list"));
        Assert.Throws<HoconParserException>(() => HoconConfigurationFactory.ParseString("include required(\"absent.conf\")", Include));
    }

    [Fact]
    public void An_include_in_an_object_refers_to_what_it_brings()
    {
        static Task<string> Include(HoconCallbackType type, string name) => Task.FromResult("a = 1\nb = ${a}");
        var config = HoconConfigurationFactory.ParseString("outer {\n  include \"part.conf\"\n  c = 3\n}", Include);
        Assert.Equal(1, config.GetInt("outer.a"));
        Assert.Equal(1, config.GetInt("outer.b"));
        Assert.Equal(3, config.GetInt("outer.c"));
    }

    [Fact]
    public void A_file_is_read_with_or_without_its_extension()
    {
        var folder = Directory.CreateTempSubdirectory("hocon").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "x.conf"), "a = 1");
            Assert.Equal(1, HoconConfigurationFactory.FromFile(Path.Combine(folder, "x.conf")).GetInt("a"));
            Assert.Equal(1, HoconConfigurationFactory.FromFile(Path.Combine(folder, "x")).GetInt("a"));
            Assert.Throws<ConfigurationException>(() => HoconConfigurationFactory.FromFile(Path.Combine(folder, "y.conf")));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    public void Include_is_an_ordinary_key_where_no_name_follows() => Assert.Equal("x", Parse("include = x").GetString("include"));

    [Theory]
    [InlineData("a = 1 ns", 0)]
    [InlineData("a = 1500 us", 1.5)]
    [InlineData("a = 200 milliseconds", 200)]
    [InlineData("a = 2s", 2000)]
    [InlineData("a = 1.5 minutes", 90000)]
    [InlineData("a = 1h", 3600000)]
    [InlineData("a = 2 days", 172800000)]
    public void Durations(string text, double milliseconds) => Assert.Equal(milliseconds, Parse(text).GetTimeSpan("a").TotalMilliseconds, 3);

    [Theory]
    [InlineData("a = 512", 512L)]
    [InlineData("a = 512B", 512L)]
    [InlineData("a = 64 KiB", 65536L)]
    [InlineData("a = 64k", 65536L)]
    [InlineData("a = 64 kB", 64000L)]
    [InlineData("a = 3 GiB", 3L << 30)]
    public void Sizes(string text, long bytes) => Assert.Equal(bytes, Parse(text).GetByteSize("a"));

    [Theory]
    [InlineData("a = true", HoconType.Boolean)]
    [InlineData("a = 12", HoconType.Number)]
    [InlineData("a = 1.5", HoconType.Number)]
    [InlineData("a = \"12\"", HoconType.String)]
    [InlineData("a = word", HoconType.String)]
    [InlineData("a = [1]", HoconType.Array)]
    [InlineData("a = {}", HoconType.Object)]
    public void Types(string text, HoconType type) => Assert.Equal(type, HoconParser.Parse(text).Value.GetObject()["a"].Value.Type);

    [Theory]
    [InlineData("a = [1, 2", 1)]
    [InlineData("a {\n  b = 1\n", 1)]
    [InlineData("\n\na = \"open\nb = 1", 3)]
    [InlineData("a = 1\nb = ${missing.key}\n", 2)]
    [InlineData("a = 1\n= 2", 2)]
    [InlineData("a = 1\nb", 2)]
    [InlineData("a = [1]\nb = [1,,2]", 2)]
    [InlineData("a = {b:1} x", 1)]
    [InlineData("a = ${b}\nb = ${a}", 1)]
    public void Malformed_texts_are_refused_with_their_line(string text, int line)
    {
        var error = Assert.Throws<HoconParserException>(() => HoconConfigurationFactory.ParseString(text, NoIncludes));
        Assert.True(error.LineNumber >= line, $"{error.Message} (line {error.LineNumber})");
        Assert.Contains("line", error.Message);
    }

    [Fact]
    public void Fallbacks_merge_objects_and_replace_everything_else()
    {
        var config = Parse("a { b = 1 }\nl = [1]").WithFallback(Parse("a { b = 2, c = 3 }\nl = [2]\nm = 4"));
        Assert.Equal(1, config.GetInt("a.b"));
        Assert.Equal(3, config.GetInt("a.c"));
        Assert.Equal(["1"], config.GetStringList("l"));
        Assert.Equal(4, config.GetInt("m"));
        Assert.Equal(7, config.GetInt("absent", 7));
        Assert.ThrowsAny<HoconException>(() => config.GetInt("absent"));
    }
}
