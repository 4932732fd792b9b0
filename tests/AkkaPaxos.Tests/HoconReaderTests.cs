using Akka.Configuration;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>The language, by the examples of its specification: what Akka.NET has of a file in the end.</summary>
public sealed class HoconReaderTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    private Config Parse(string text)
    {
        File.WriteAllText(_file, text);
        return HoconFile.Load(_file, []).Config;
    }

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
    [InlineData("a = \"\"\"two\n  lines\"\"\"", "two\n  lines")]
    [InlineData("a = \"one\" two", "one two")]
    [InlineData("a = \"one\"two", "onetwo")]
    [InlineData("a = 10ms // comment", "10ms")]
    [InlineData("a = x # comment", "x")]
    [InlineData("a = \"# no // comment\"", "# no // comment")]
    [InlineData("# comment\n\n// another\na = x", "x")]
    [InlineData("a = b/c-d_e.f", "b/c-d_e.f")]
    [InlineData("a = 1e+5", "1e+5")]
    [InlineData("a =\n  1", "1")]
    [InlineData("a = # comment\n  1", "1")]
    [InlineData("b = 2, a = 1,", "1")]
    [InlineData("a = 1\r\nb = 2", "1")]
    [InlineData("a = 1\na = 2", "2")]
    [InlineData("a = { b : 1 }\na = 3", "3")]
    [InlineData("include = 1\na = ${include}", "1")]
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
    [InlineData("a = [1, 2, ${?AKKAPAXOS_TEST_UNSET}, 3]")]
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
        Assert.Equal(2, config.WithFallback("alone = 2").GetInt("alone"));
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
    public void Includes_merge_where_they_stand_and_refer_to_what_they_bring()
    {
        var folder = Directory.CreateTempSubdirectory("hocon").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "common.conf"), "a { x = 1, y = 1 }\nlist = [1]");
            File.WriteAllText(Path.Combine(folder, "nested.conf"), "{ include \"common.conf\", b = ${a.x} }");
            var config = Parse($$"""
                include "{{folder}}/nested.conf"
                a.y = 2
                list += 2
                include file("absent.conf")
                outer { b = 5, include required( file( "{{folder}}/nested.conf" ) ), c = ${outer.b} }
                """);
            Assert.Equal(1, config.GetInt("a.x"));
            Assert.Equal(2, config.GetInt("a.y"));
            Assert.Equal(1, config.GetInt("b"));
            Assert.Equal(["1", "2"], config.GetStringList("list"));
            Assert.Equal(["1"], config.GetStringList("outer.list"));
            Assert.Equal((1, 1), (config.GetInt("outer.b"), config.GetInt("outer.c")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("a = [1, 2", "1:5: a: array is not closed: expected ']', found the end of the text")]
    [InlineData("a {\n  b = 1\n", "1:3: a: object is not closed: expected '}', found the end of the text")]
    [InlineData("x {\n  y {\n    b = 1\n}\n", "1:3: x: object is not closed: expected '}', found the end of the text")]
    [InlineData("a = 1\n}\nb = 2", "2:1: this '}' closes nothing: no '{' before it is open")]
    [InlineData("a = 1 }\nb = 2", "1:7: this '}' closes nothing: no '{' before it is open")]
    [InlineData("a { b = 1 } }\nb = 2", "1:13: this '}' closes nothing: no '{' before it is open")]
    [InlineData("{ a = 1 }\n}", "2:1: this '}' closes nothing: no '{' before it is open")]
    [InlineData("a =\nb = 2", "1:3: a: expected a value after '=', found none")]
    [InlineData("a =\n\"b\" { c = 2 }", "1:3: a: expected a value after '=', found none")]
    [InlineData("a {\n  b : # later\n}", "2:5: a.b: expected a value after ':', found none")]
    [InlineData("x.a += \ninclude \"b.conf\"", "1:5: x.a: expected a value after '+=', found none")]
    [InlineData("a =", "1:3: a: expected a value after '=', found none")]
    [InlineData("a = , b = 1", "1:5: a: expected a value, found ','")]
    [InlineData("\n\na = \"open\nb = 1", "3:5: a: string is not closed: expected '\"', found the end of the line")]
    [InlineData("a = \"\"\"open\nb = 1", "1:5: a: string is not closed: expected '\"\"\"', found the end of the text")]
    [InlineData("a = 1\nb = ${missing.key}\n", "2:5: b: ${missing.key} has no value: ")]
    [InlineData("a = ${b", "1:5: a: substitution is not closed: expected '}', found the end of the text")]
    [InlineData("a = 1\n= 2", "2:1: expected a key, found '='")]
    [InlineData("a..b = 2", "1:3: expected a key before '.', found '.'")]
    [InlineData("a = 1\nb", "2:2: b: expected ':', '=', '+=' or '{' after the key, found the end of the text")]
    [InlineData("a = [1]\nb = [1,,2]", "2:8: b: expected a field or a value, found ','")]
    [InlineData("s {\n  a = {b:1} x\n}", "2:7: s.a: cannot join a string with an object")]
    [InlineData("a = [1] x", "1:5: a: cannot join a string with an array")]
    [InlineData("a = [1] {b:1}", "1:5: a: cannot join an array with an object")]
    [InlineData("a = http://host", "1:9: a: expected a value (other characters need quotes), found ':'")]
    [InlineData("a = 1 b = 2", "1:9: a: expected a value (other characters need quotes), found '='")]
    [InlineData("a = \"\\q\"", "1:7: a: expected one of \" \\ / b f n r t u after '\\', found 'q'")]
    [InlineData("a = \"\\u12\"", "1:7: a: expected four hexadecimal digits after '\\u', found 'u'")]
    [InlineData("[1, 2]", "1:1: the file holds an array, expected an object")]
    [InlineData("\"a\"", "1:4: a: expected ':', '=', '+=' or '{' after the key, found the end of the text")]
    public void A_mistake_is_named_with_line_column_and_key(string text, string error) =>
        Assert.StartsWith($"{_file}:{error}", Assert.Throws<HoconFileException>(() => Parse(text)).Message);

    [Fact]
    public void Circles_and_endless_nesting_are_refused()
    {
        string[] names = ["a", "b", "c"];
        var circle = string.Join('\n', names.Select((name, i) => $"{name} = ${{{names[(i + 1) % names.Length]}}}"));
        Assert.StartsWith($"{_file}:", Assert.Throws<HoconFileException>(() => Parse(circle)).Message);
        var deep = string.Concat(Enumerable.Repeat("a { ", 1000));
        Assert.EndsWith("nests more than 200 deep", Assert.Throws<HoconFileException>(() => Parse(deep)).Message);
        var dots = string.Join('.', Enumerable.Repeat("a", 1000));
        Assert.EndsWith("nest too deep", Assert.Throws<HoconFileException>(() => Parse(dots + " = 1")).Message);
    }
}
