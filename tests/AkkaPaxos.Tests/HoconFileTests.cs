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
        var config = HoconFile.Load(path, []);
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
        var config = HoconFile.Load(path, []);
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
        var config = HoconFile.Load(path, ["a=5", "a=6", "b.d=akka.tcp://x@h:1#frag", "list=[1, 2]", "b.e=${a}", "b.f=", "t=200 ms"]);
        Assert.Equal(6, config.GetInt("a"));
        Assert.Equal(2, config.GetInt("b.c"));
        Assert.Equal("akka.tcp://x@h:1#frag", config.GetString("b.d"));
        Assert.Equal(["1", "2"], config.GetStringList("list"));
        Assert.Equal(6, config.GetInt("b.e"));
        Assert.Equal("", config.GetString("b.f"));
        Assert.Equal(TimeSpan.FromMilliseconds(200), config.GetTimeSpan("t"));
    }

    [Fact]
    public void An_empty_file_is_an_empty_configuration()
    {
        var path = Write("x.conf", "\n# nothing\n");
        Assert.True(HoconFile.Load(path, []).IsEmpty);
        Assert.Equal(1, HoconFile.Load(path, ["a=1"]).GetInt("a"));
    }

    [Fact]
    public void A_syntax_error_names_file_and_line()
    {
        var path = Write("bad.conf", "a = 1\nb = \"open\nc = 2\n");
        Assert.StartsWith(path + ":2:", Error(path));
    }

    [Fact]
    public void A_syntax_error_in_an_included_file_names_that_file()
    {
        var included = Write("inner.conf", "x = 1\ny = 2\nz = [1, , 2]\n");
        var path = Write("outer.conf", "a = 1\ninclude \"inner.conf\"\nb = 2\n");
        Assert.StartsWith(included + ":3:", Error(path));
    }

    [Fact]
    public void A_substitution_without_a_value_names_file_line_and_key()
    {
        Write("inner.conf", "x = 1\n");
        var path = Write("outer.conf", "include \"inner.conf\"\na = ${x}\nb = ${no.such.key}\n");
        var message = Error(path);
        Assert.StartsWith(path + ":3:", message);
        Assert.Contains("no.such.key", message);
    }

    [Fact]
    public void Missing_files_are_named()
    {
        var missing = Path.Combine(_folder, "missing.conf");
        Assert.Equal($"{missing}: no such file", Error(missing));
        Assert.Equal($"{_folder}: is a directory, expected a file", Error(_folder));
        var path = Write("x.conf", "a = 1\n  include required(file(\"gone.conf\"))\n");
        var message = Error(path);
        Assert.StartsWith(path + ":2:", message);
        Assert.Contains("gone.conf", message);
    }

    [Fact]
    public void Only_files_can_be_included() =>
        Assert.Contains("http://localhost/x.conf", Error(Write("x.conf", "include url(\"http://localhost/x.conf\")\n")));

    [Fact]
    public void The_files_that_come_with_the_project_can_be_read()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "AkkaPaxos.sln"))) root = Path.GetDirectoryName(root)!;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "hocon"), "*.conf", SearchOption.AllDirectories)) HoconFile.Load(file, []);
        var config = HoconFile.Load(Path.Combine(root, "hocon", "cluster", "node2.conf"), ["akkapaxos.window=7"]);
        Assert.Equal(2, config.GetInt("akkapaxos.node-id"));
        Assert.Equal(7, config.GetInt("akkapaxos.window"));
        Assert.Equal(3, config.GetValue("akkapaxos.members").GetArray().Count);
    }

    [Fact]
    public void A_file_that_includes_itself_is_refused()
    {
        Write("b.conf", "include \"a.conf\"");
        var path = Write("a.conf", "include \"b.conf\"");
        Assert.Contains("includes itself", Error(path));
    }

    [Theory]
    [InlineData("novalue", "setting 'novalue': expected key=value")]
    [InlineData("=1", "setting '=1': expected key=value")]
    [InlineData("a=[1", "setting 'a=[1': ")]
    [InlineData("a..b=1", "setting 'a..b=1': ")]
    [InlineData("a=${no.such}", "setting 'a=${no.such}': ")]
    public void Malformed_settings_are_named(string setting, string expected)
    {
        var path = Write("x.conf", "a = 1\nb = 2\n");
        Assert.StartsWith(expected, Error(path, "c=3", setting));
    }
}
