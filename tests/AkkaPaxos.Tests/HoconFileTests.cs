using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

public sealed class HoconFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hocon").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Error(string path, params string[] settings)
    {
        var message = Assert.Throws<HoconFileException>(() => HoconFile.Load(path, settings)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    [Fact]
    public void Reads_what_Akka_cannot_read_itself()
    {
        Environment.SetEnvironmentVariable("AKKAPAXOS_TEST_GATEWAY", "2379");
        var path = Write("node.conf", """"
            host = 10.0.0.1
            akkapaxos {
              members = [{ id = 1, address = "akka.tcp://a@"${host}":4051" }]
              members += { id = 2, address = "akka.tcp://a@10.0.0.2:4051" }
              gateway.port = ${AKKAPAXOS_TEST_GATEWAY}
              unset = ${?AKKAPAXOS_TEST_NOT_SET}
              text = """a "quoted" \ path"""
              "key.with dots" = yes
              empty {}
              timeout = 1500 ms
            }
            """");
        var config = HoconFile.Load(path, []).Config;
        var members = config.GetValue("akkapaxos.members").GetArray().Select(m => m.GetObject());
        Assert.Equal(["1 akka.tcp://a@10.0.0.1:4051", "2 akka.tcp://a@10.0.0.2:4051"],
            members.Select(m => m.GetKey("id").GetString() + " " + m.GetKey("address").GetString()));
        Assert.Equal(2379, config.GetInt("akkapaxos.gateway.port"));
        Assert.False(config.HasPath("akkapaxos.unset"));
        Assert.Equal("a \"quoted\" \\ path", config.GetString("akkapaxos.text"));
        Assert.Equal("yes", config.GetString("akkapaxos.\"key.with dots\""));
        Assert.True(config.HasPath("akkapaxos.empty"));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), config.GetTimeSpan("akkapaxos.timeout"));
    }

    [Fact]
    public void Includes_are_relative_to_the_file_they_stand_in()
    {
        Write("node.conf", "a = base\nb = base\n# include \"nothing.conf\"\ntext = \"include \\\"nothing.conf\\\"\"\n");
        Write("cluster/members.conf", "include \"../node.conf\"\nb = members\nc = ${a}\n");
        var path = Write("cluster/node1.conf", "include \"members.conf\"\ninclude file(\"optional.conf\")\nd = 1\n");
        var config = HoconFile.Load(path, []).Config;
        Assert.Equal("base", config.GetString("a"));
        Assert.Equal("members", config.GetString("b"));
        Assert.Equal("base", config.GetString("c"));
        Assert.Equal(1, config.GetInt("d"));
    }

    [Theory]
    [InlineData("a = 1\nb { c = 2 }\n")]
    [InlineData("{ \"a\" : 1, \"b\" : { \"c\" : 2 } }")]
    public void Settings_replace_what_the_file_says_the_later_over_the_earlier(string text)
    {
        var path = Write("x.conf", text);
        var config = HoconFile.Load(path, ["a=5", "a=6", "b.d=akka.tcp://x@h:1#frag", "list=[1, 2]", "b.e=${a}", "b.f=", "t=200 ms", "list+=3"]).Config;
        Assert.Equal(6, config.GetInt("a"));
        Assert.Equal(2, config.GetInt("b.c"));
        Assert.Equal("akka.tcp://x@h:1#frag", config.GetString("b.d"));
        Assert.Equal(["1", "2", "3"], config.GetStringList("list"));
        Assert.Equal(6, config.GetInt("b.e"));
        Assert.Equal("", config.GetString("b.f"));
        Assert.Equal(TimeSpan.FromMilliseconds(200), config.GetTimeSpan("t"));
    }

    [Fact]
    public void An_empty_file_is_an_empty_configuration()
    {
        var path = Write("x.conf", "\n# nothing\n");
        Assert.True(HoconFile.Load(path, []).Config.IsEmpty);
        Assert.Equal(1, HoconFile.Load(path, ["a=1"]).Config.GetInt("a"));
    }

    [Fact]
    public void An_error_in_an_included_file_names_that_file_and_the_key_with_where_it_is_included()
    {
        var included = Write("inner.conf", "x = 1\ny = 2\nz = [1, , 2]\n");
        var path = Write("outer.conf", "a = 1\nsection {\n  include \"inner.conf\"\n}\nb = 2\n");
        Assert.Equal($"{included}:3:9: section.z: expected a field or a value, found ','", Error(path));
    }

    [Fact]
    public void A_substitution_without_a_value_names_its_place_and_key_in_whatever_file_it_stands()
    {
        var inner = Write("inner.conf", "x = 1\n\n  y.z = \"a\"${no.such.key}\n");
        var path = Write("outer.conf", "include \"inner.conf\"\na = ${x}\n");
        Assert.Equal($"{inner}:3:12: y.z: ${{no.such.key}} has no value: 'no.such.key' is neither a key (but this one itself) nor an environment variable",
            Error(path));
    }

    [Fact]
    public void What_cannot_be_read_is_named()
    {
        var missing = Path.Combine(_folder, "missing.conf");
        Assert.Equal($"{missing}: no such file", Error(missing));
        Assert.Equal($"{_folder}: is a directory, expected a file", Error(_folder));
        var path = Write("x.conf", "a = 1\n  include required(file(\"gone.conf\"))\n");
        Assert.Equal($"{path}:2:3: cannot include \"gone.conf\": there is no file {Path.Combine(_folder, "gone.conf")}", Error(path));
        File.WriteAllBytes(path, [(byte)'a', (byte)'=', 0xff, 0xfe, 0xfd]);
        Assert.Equal($"{path}: is not text in UTF-8", Error(path));
    }

    [Theory]
    [InlineData("url(\"http://localhost/x.conf\")")]
    [InlineData("required(url(\"http://localhost/x.conf\"))")]
    [InlineData("classpath(\"x.conf\")")]
    public void Only_files_can_be_included(string what)
    {
        var path = Write("x.conf", $"a = 1\ninclude {what}\n");
        Assert.Matches($"^{path}:2:1: cannot include .*x.conf.*: only files can be included$", Error(path));
    }

    [Fact]
    public void The_files_that_come_with_the_project_can_be_read()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "AkkaPaxos.sln"))) root = Path.GetDirectoryName(root)!;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "hocon"), "*.conf", SearchOption.AllDirectories)) HoconFile.Load(file, []);
        var config = HoconFile.Load(Path.Combine(root, "hocon", "cluster", "node2.conf"), ["akkapaxos.window=7"]).Config;
        Assert.Equal(2, config.GetInt("akkapaxos.node-id"));
        Assert.Equal(7, config.GetInt("akkapaxos.window"));
        Assert.Equal(3, config.GetValue("akkapaxos.members").GetArray().Count);
    }

    [Fact]
    public void Files_that_include_each_other_in_a_circle_are_named()
    {
        var (a, b, c) = (Path.Combine(_folder, "a.conf"), Write("b.conf", "x = 1\ninclude \"c.conf\""), Write("c.conf", "include \"b.conf\""));
        Write("a.conf", "include \"b.conf\"");
        Assert.Equal($"{c}:1:1: \"b.conf\" includes itself: {b} -> {c} -> {b}", Error(a));
        var own = Write("own.conf", "  include required(\"own.conf\")");
        Assert.Equal($"{own}:1:3: \"own.conf\" includes itself: {own} -> {own}", Error(own));
    }

    [Fact]
    public void Files_that_are_included_too_often_or_too_deep_are_refused()
    {
        for (var i = 0; i < 30; i++) Write($"twice{i}.conf", $"include \"twice{i + 1}.conf\"\ninclude \"twice{i + 1}.conf\"");
        Assert.EndsWith("more than 1000 files are included", Error(Path.Combine(_folder, "twice0.conf")));
        for (var i = 0; i < 250; i++) Write($"deep{i}.conf", $"include \"deep{i + 1}.conf\"");
        Assert.EndsWith("nests more than 200 deep", Error(Path.Combine(_folder, "deep0.conf")));
    }

    [Fact]
    public void One_knows_where_a_key_got_its_value()
    {
        Environment.SetEnvironmentVariable("AKKAPAXOS_TEST_SET", "1");
        var inner = Write("inner.conf", "b = 1\nc.d = 1\n");
        var path = Write("x.conf", """
            include "inner.conf"
            a { k = 1, l = 1 }
            a.l = ${?AKKAPAXOS_TEST_SET}
            a.k = ${?AKKAPAXOS_TEST_NOT_SET}
            c { e = ${a} }
              "q.r" = [1]
            q.s = 1
            """);
        var file = HoconFile.Load(path, ["q.s=2", "n.\"x y\"={z = 1}"]);
        Assert.Equal($"{inner}:1:1", file.PlaceOf("b"));
        Assert.Equal($"{inner}:2:1", file.PlaceOf("c.d"));
        Assert.Equal($"{path}:2:5", file.PlaceOf("a.k"));
        Assert.Equal($"{path}:3:1", file.PlaceOf("a.l"));
        Assert.Equal($"{path}:5:5", file.PlaceOf("c.e"));
        Assert.Equal($"{path}:2:5", file.PlaceOf("c.e.k"));
        Assert.Equal($"{path}:6:3", file.PlaceOf("\"q.r\""));
        Assert.Equal("setting 'q.s=2'", file.PlaceOf("q.s"));
        Assert.Equal("setting 'n.\"x y\"={z = 1}'", file.PlaceOf("n.\"x y\".z"));
        Assert.Null(file.PlaceOf("q.t"));
    }

    [Theory]
    [InlineData("novalue", "setting 'novalue': expected key=value")]
    [InlineData("=1", "setting '=1': expected key=value")]
    [InlineData("a=[1", "setting 'a=[1': ")]
    [InlineData("a..b=1", "setting 'a..b=1': ")]
    [InlineData("a=${no.such}", "setting 'a=${no.such}': a: ${no.such} has no value")]
    [InlineData("a{b=1}", "setting 'a{b=1}': ")]
    [InlineData("#a=1", "setting '#a=1': expected a key")]
    [InlineData("+=1", "setting '+=1': expected key=value")]
    [InlineData("a=[1]\nb=[2]", "setting 'a=[1] b=[2]': expected the end of the value")]
    public void Malformed_settings_are_named(string setting, string expected)
    {
        var path = Write("x.conf", "a = 1\nb = 2\n");
        Assert.StartsWith(expected, Error(path, "c=3", setting));
    }
}
