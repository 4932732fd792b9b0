using AkkaPaxos.TestKit.Linearizability;

namespace AkkaPaxos.TestKit.Tests.Linearizability;

/// <summary>History files: each form, what is skipped, and what is wrong.</summary>
public class HistoryFileTests
{
    private static HistoryReport Check(string model, params string[] lines) => HistoryCheck.Check(new StringReader(string.Join('\n', lines)), model);

    private static string Jepsen(string process, string type, string function, string value) =>
        $"INFO  jepsen.util - {process}\t:{type}\t:{function}\t{value}";

    private static string Edn(string process, string type, string function, string rest) =>
        $"{{:process {process}, :type :{type}, :f :{function}, {rest}}}";

    [Fact]
    public void Jepsens_log_lines_are_read_and_those_of_others_skipped()
    {
        var report = Check("cas-register",
            "INFO  jepsen.core - Worker 0 starting",
            Jepsen("3", "invoke", "read", "nil"), Jepsen("3", "ok", "read", "nil"),
            "WARN  jepsen.core - Process 4 indeterminate",
            "java.lang.Exception: timed out", "\tat jepsen.core", "",
            "INFO  jepsen.util - :nemesis\t:info\t:start\tnil",
            Jepsen("3", "invoke", "write", "1"), Jepsen("3", "ok", "write", "1"),
            Jepsen("0", "invoke", "read", "nil"), Jepsen("0", "fail", "read", ":timed-out"),
            Jepsen("3", "invoke", "cas", "[1 4]"), Jepsen("3", "info", "cas", ":timed-out"),
            Jepsen("8", "invoke", "read", "nil"), Jepsen("8", "ok", "read", "4"));

        Assert.Equal((Verdict.Ok, 4), (report.Verdict, report.Count));
    }

    [Fact]
    public void A_comparison_that_failed_has_seen_something_but_where_an_error_is_named()
    {
        string[] write = [Jepsen("0", "invoke", "write", "1"), Jepsen("0", "ok", "write", "1"), Jepsen("0", "invoke", "cas", "[1 2]")];

        Assert.Equal(Verdict.Violation, Check("cas-register", [.. write, Jepsen("0", "fail", "cas", "[1 2]")]).Verdict);
        Assert.Equal(Verdict.Ok, Check("cas-register", [.. write, Jepsen("0", "fail", "cas", ":timed-out")]).Verdict);
        Assert.Equal(Verdict.Ok, Check("cas-register", [.. write, Jepsen("0", "fail", "cas", "[1 2]\t:no-leader")]).Verdict);
        Assert.Equal(Verdict.Ok, Check("cas-register", [.. write, Edn("0", "fail", "cas", ":value [1 2], :error [:status 503]")]).Verdict);
        Assert.Equal(Verdict.Violation, Check("cas-register", [.. write, Edn("0", "fail", "cas", ":value [1 2]")]).Verdict);
    }

    [Fact]
    public void Edn_maps_are_read()
    {
        string[] begin =
        [
            "{:process 9, :type :invoke, :f :append, :key \"0\", :value \"x 9 0 y\"}",
            "{:process 9, :type :ok, :f :append, :key \"0\", :value \"x 9 0 y\"}",
            "{:process 1, :type :invoke, :f :get, :key \"1\", :value nil}", "{:process 1, :type :ok, :f :get, :key \"1\", :value \"\"}",
            "#jepsen.history.Op{:index 4, :time 12, :type :invoke, :process 1, :f :get, :key \"0\" :value nil, :tags #{:a (b 1.5)}}",
        ];

        Assert.Equal(Verdict.Ok, Check("kv", [.. begin, Edn("1", "ok", "get", ":key \"0\", :value \"x 9 0 y\"")]).Verdict);
        Assert.Equal(Verdict.Violation, Check("kv", [.. begin, Edn("1", "ok", "get", ":key \"0\", :value \"\"")]).Verdict);
    }

    [Fact]
    public void Strings_may_have_escapes()
    {
        var report = Check("kv", Edn("1", "invoke", "put", """:key "k", :value "a\"\\\n\u0041" """), Edn("1", "ok", "put", ":key \"k\""),
            """{"process":1,"type":"invoke","f":"get","key":"k"}""", """{"process":1,"type":"ok","f":"get","key":"k","value":"a\"\\\nA"}""");

        Assert.Equal(Verdict.Ok, report.Verdict);
    }

    [Fact]
    public void Json_lines_are_read_and_null_is_a_missing_key()
    {
        string[] put =
        [
            """{"process":"c1","type":"invoke","f":"put","key":"0","value":""}""", """{"type":"ok","process":"c1","f":"put","key":"0","value":""}""",
        ];
        string Get(string type, string value) => $$"""{ "process": "c1", "type": "{{type}}", "f": "get", "key": "0", "value": {{value}} }""";

        Assert.Equal(Verdict.Ok, Check("kv", [Get("invoke", "null"), Get("ok", "null"), .. put, Get("invoke", "null"), Get("ok", "\"\"")]).Verdict);
        Assert.Equal(Verdict.Violation, Check("kv", [.. put, Get("invoke", "null"), Get("ok", "null")]).Verdict);
        Assert.Equal(Verdict.Ok, Check("kv", [Get("invoke", "null"), Get("ok", "\"\""), .. put]).Verdict); // this one has no other word for missing
        Assert.Equal(Verdict.Violation, Check("kv", [Get("invoke", "null"), Get("ok", "\"\""), Get("invoke", "null"), Get("ok", "null")]).Verdict);
    }

    [Theory]
    [InlineData("""{"process":1,"type":"ok","f":"txn","value":{"succeeded":true,"results":[null,"1"]}}""", Verdict.Ok)]
    [InlineData("""{"process":1,"type":"ok","f":"txn","value":{"succeeded":true,"results":[null,"2"]}}""", Verdict.Violation)]
    [InlineData("""{"process":1,"type":"ok","f":"txn","value":{"succeeded":false}}""", Verdict.Violation)]
    [InlineData("{:process 1 :type :ok :f :txn :value {:succeeded true :results [nil \"1\"]}}", Verdict.Ok)]
    [InlineData("""{"process":1,"type":"info","f":"txn"}""", Verdict.Ok)]
    public void Transactions_are_read(string answer, Verdict verdict) => Assert.Equal(verdict, Check("kv",
        """{"process":1,"type":"invoke","f":"txn","value":{"compare":[{"key":"a","op":"=","value":null}],"""
        + """ "success":[{"f":"put","key":"b","value":"1"},{"f":"get","key":"b"}],"failure":[{"f":"delete","key":"b"}]}}""", answer).Verdict);

    [Fact]
    public void All_functions_of_kv_are_read()
    {
        var report = Check("kv",
            Edn("1", "invoke", "cas", ":key \"k\" :value [nil \"a\"]"), Edn("1", "ok", "cas", ":key \"k\" :value [nil \"a\"]"),
            Edn("1", "invoke", "cas", ":key \"k\" :value [nil \"b\"]"), Edn("1", "fail", "cas", ":key \"k\" :value [nil \"b\"]"),
            Edn("1", "invoke", "delete", ":key \"k\""), Edn("1", "ok", "delete", ":key \"k\" :value true"),
            Jepsen("1", "invoke", "put", "[\"k\" 7]"), Jepsen("1", "ok", "put", "[\"k\" 7]"),
            Jepsen("1", "invoke", "get", "[\"k\" nil]"), Jepsen("1", "ok", "get", "[\"k\" 7]"));

        Assert.Equal((Verdict.Ok, 5), (report.Verdict, report.Count));
    }

    [Fact]
    public void Queues_and_locks_are_read_in_each_form()
    {
        Assert.Equal(Verdict.Violation, Check("queue", Jepsen("0", "invoke", "enqueue", "1"), Jepsen("0", "ok", "enqueue", "1"),
            Edn("0", "invoke", "dequeue", ":value nil"), """{"process":0,"type":"ok","f":"dequeue","value":null}""").Verdict);
        Assert.Equal(Verdict.Ok, Check("queue", Jepsen("0", "invoke", "enqueue", "1"), Jepsen("0", "ok", "enqueue", "1"),
            Edn("0", "invoke", "dequeue", ":value nil"), """{"process":0,"type":"ok","f":"dequeue","value":1}""").Verdict);
        Assert.Equal(Verdict.Violation, Check("lock", Jepsen("0", "invoke", "acquire", "nil"), Jepsen("0", "ok", "acquire", "nil"),
            Edn("1", "invoke", "acquire", ":value nil"), Edn("1", "ok", "acquire", ":value nil")).Verdict);
        Assert.Equal(Verdict.Ok, Check("lock", Jepsen("0", "invoke", "acquire", "nil"), Jepsen("0", "ok", "acquire", "nil"),
            """{"process":1,"type":"invoke","f":"release","value":"0"}""", """{"process":1,"type":"ok","f":"release"}""",
            Edn("1", "invoke", "acquire", ":value nil"), Edn("1", "ok", "acquire", ":value nil")).Verdict);
    }

    [Theory]
    [InlineData("{:process 1, :type :invoke, :f :get", 1, "expected")]
    [InlineData("{:process 1, :type :invoke, :f :push, :key \"a\"}", 1, "the model has no function :push, but :get, :put, :append, :cas")]
    [InlineData("{:process 1, :type :start, :f :get, :key \"a\"}", 1, "there is no type start")]
    [InlineData("{:type :invoke, :f :get, :key \"a\"}", 1, "no :process")]
    [InlineData("{:process 1, :type :invoke, :f :get}", 1, ":get has no :key")]
    [InlineData("{:process 1, :type :invoke, :f :put, :key \"a\"}", 1, ":put has no :value")]
    [InlineData("{:process 1, :type :ok, :f :get, :key \"a\"}", 1, "process 1 is answered, and waits for nothing")]
    [InlineData("{:process 1, :type :invoke, :f :get, :key \"a\"}\n\n{:process 1, :type :invoke, :f :get, :key \"a\"}", 3, "process 1 asks again")]
    [InlineData("{:process 1, :type :invoke, :f :get, :key \"a\"}\n{:process 1, :type :ok, :f :put, :key \"a\", :value 1}", 2, "process 1 asked for :get, and is answered as if for :put")]
    [InlineData("{\"process\":1 2}", 1, "not JSON")]
    [InlineData("\n{\"process\":1,", 2, "what begins here does not: expected }")]
    [InlineData("[\n{:process 1, :type :invoke, :f :get, :key \"a\"}", 1, "the vector or array that begins here does not end")]
    [InlineData("process 1 reads", 1, "none of the forms that are known: {:process 0, :type :invoke")]
    [InlineData("[1 :invoke]", 1, "neither a map nor a tuple")]
    [InlineData("42", 1, "none of the forms that are known")]
    [InlineData("INFO  jepsen.core - nothing", 1, "has no operation")]
    [InlineData("", 1, "has no operation")]
    [InlineData("INFO  jepsen.util - 3\tinvoke\tread\tnil", 1, "not a process, :type, :function and value")]
    public void What_is_wrong_is_told_with_its_line(string text, int line, string reason)
    {
        var error = Assert.Throws<HistoryFormatException>(() => HistoryCheck.Check(new StringReader(text), "kv"));

        Assert.Equal(line, error.Line);
        Assert.Contains(reason, error.Message);
    }

    /// <summary>The blocks of docs/linearizability.md that are histories, with their models.</summary>
    public static TheoryData<string, string> Documented
    {
        get
        {
            var root = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(root, "AkkaPaxos.sln"))) root = Path.GetDirectoryName(root)!;
            var blocks = File.ReadAllText(Path.Combine(root, "docs", "linearizability.md")).Split("```history ").Skip(1).Select(b => b[..b.IndexOf("```", StringComparison.Ordinal)]);
            var documented = new TheoryData<string, string>();
            foreach (var block in blocks.Select(b => b.Split('\n', 2))) documented.Add(block[0], block[1]);
            return documented;
        }
    }

    [Fact]
    public void There_is_an_example_of_each_form() => Assert.Equal(9, Documented.Count);

    [Theory]
    [MemberData(nameof(Documented))]
    public void The_examples_of_the_documentation_are_read(string model, string history)
    {
        var report = HistoryCheck.Check(new StringReader(history), model);

        Assert.Equal(Verdict.Ok, report.Verdict);
        Assert.InRange(report.Count, history.Contains(":fail") ? 0 : 1, 3);
    }

    [Theory]
    [InlineData("0\t:invoke\t:write\t4\n0\t:ok\t:write\t4\n3\t:invoke\t:read\tnil\n3\t:ok\t:read\t5")]
    [InlineData("0 :invoke :write 4\n0 :ok :write 4\n3 :invoke :read nil\n3 :ok :read 5")]
    [InlineData("INFO  jepsen.util - 0 :invoke :write 4\nINFO  jepsen.util - 0 :ok :write 4\nINFO  jepsen.util - 3 :invoke :read nil\nINFO  jepsen.util - 3 :ok :read 5")]
    [InlineData("[0 :invoke :write 4]\n[0 :ok :write 4]\n[3 :invoke :read nil]\n[3 :ok :read 5]")]
    [InlineData("[[0 :invoke :write 4] [0 :ok :write 4] ; a comment ]\n [3 :invoke\n :read nil] [3 :ok :read 5]]")]
    [InlineData("({:process 0 :type :invoke :f :write :value 4} {:process 0 :type :ok :f :write}\n{:process 3 :type :invoke\n:f :read}{:process 3 :type :ok :f :read :value 5})")]
    [InlineData("[{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":4},{\"process\":0,\"type\":\"ok\",\"f\":\"write\"},\n[3,\"invoke\",\"read\",null],[3,\"ok\",\"read\",5]]")]
    public void A_violation_is_found_in_each_form(string history) =>
        Assert.Equal((Verdict.Violation, 2), HistoryCheck.Check(new StringReader(history), "register") is var report ? (report.Verdict, report.Count) : default);

    [Fact]
    public void Pairs_of_independent_keys_are_checked_key_by_key()
    {
        string[] write = ["[0 :invoke :write [1 5]]", "[0 :ok :write [1 5]]", "[0 :invoke :write [2 6]]", "[0 :ok :write [2 6]]", "[3 :invoke :read [1 nil]]"];

        Assert.Equal(Verdict.Ok, Check("register", [.. write, "[3 :ok :read [1 5]]"]).Verdict);
        Assert.Equal(Verdict.Ok, Check("register", [.. write, "[3 :ok :read 5]"]).Verdict);
        var violation = Check("register", [.. write, "[3 :ok :read [1 6]]"]);
        Assert.Equal((Verdict.Violation, "1"), (violation.Verdict, Assert.Single(violation.Keys)));
        Assert.Equal(Verdict.Violation, Check("cas-register", [.. write[..4], "[3 :invoke :cas [1 [6 7]]]", "[3 :ok :cas [1 [6 7]]]"]).Verdict);
        Assert.Equal(Verdict.Ok, Check("queue", "[0 :invoke :enqueue [1 5]]", "[0 :ok :enqueue [1 5]]", "[0 :invoke :dequeue [2 nil]]", "[0 :ok :dequeue [2 nil]]").Verdict);
    }

    [Fact]
    public void Values_that_are_pairs_stay_values()
    {
        string[] write = ["[0 :invoke :write [1 5]]", "[0 :ok :write [1 5]]", "[0 :invoke :write [2 6]]", "[0 :ok :write [2 6]]", "[3 :invoke :read nil]"];

        Assert.Equal(Verdict.Ok, Check("register", [.. write, "[3 :ok :read [2 6]]"]).Verdict);
        Assert.Equal(Verdict.Violation, Check("register", [.. write, "[3 :ok :read [1 5]]"]).Verdict);
        Assert.Equal(Verdict.Ok, Check("cas-register", "[0 :invoke :cas [nil 4]]", "[0 :ok :cas [nil 4]]", "[0 :invoke :read nil]", "[0 :ok :read 4]").Verdict);
    }

    [Theory]
    [InlineData("[3 :invoke :read nil]\n[3 :ok :read 5]", 1, "looks like a pair of a key and a value")]
    [InlineData("[3 :invoke :read [1 nil]]\n[3 :ok :read 5]\n[3 :invoke :read nil]", 5, "give each line a :key, or each a pair")]
    public void Pairs_in_a_part_of_the_calls_are_refused_with_a_hint(string then, int line, string hint)
    {
        var error = Assert.Throws<HistoryFormatException>(() => Check("register", "[0 :invoke :write [1 5]]", "[0 :ok :write [1 5]]", then));

        Assert.Equal(line, error.Line);
        Assert.Contains(hint, error.Message);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{:process 0, :type :invoke, :f :write, :value ")]
    [InlineData("INFO  jepsen.util - 0\t:invoke\t:write\t")]
    public void What_is_nested_without_end_is_refused(string begin)
    {
        var error = Assert.Throws<HistoryFormatException>(() => Check("register", begin + new string('[', 1_000_000)));

        Assert.Contains("nested more than 100 deep", error.Message);
    }

    [Fact]
    public void A_register_without_compare_and_set_has_none()
    {
        var error = Assert.Throws<HistoryFormatException>(() => Check("register", Jepsen("0", "invoke", "cas", "[1 2]")));

        Assert.Contains("no function :cas, but :read, :write", error.Message);
    }

    [Fact]
    public void The_page_shows_the_violation_and_escapes_what_clients_wrote()
    {
        var report = Check("register",
            """{"process":"<i>","type":"invoke","f":"write","value":"<b>1</b>"}""", """{"process":"<i>","type":"ok","f":"write"}""",
            """{"process":"b","type":"invoke","f":"write","value":"open"}""", """{"process":"b","type":"info","f":"write"}""",
            """{"process":"c","type":"invoke","f":"read"}""", """{"process":"c","type":"ok","f":"read","value":null}""");
        var page = HistoryPage.Draw(report, "a & b.json");

        Assert.Contains("a &amp; b.json: <b>not linearizable</b>", page);
        Assert.Contains("No order of these 2 operations explains them", page);
        Assert.Contains("&lt;b&gt;1&lt;/b&gt;", page);
        Assert.DoesNotContain("<b>1", page);
        Assert.DoesNotContain("<i>", page);
        Assert.Equal(2, page.Split("class=\"op wrong part\"").Length - 1); // in the part and in the whole
        Assert.Single(page.Split("class=\"op out open\"").Skip(1));
        Assert.Equal(report.LongestPrefix.Count, page.Split("<g class=\"point\">").Length - 1);
        Assert.DoesNotContain("http", page.Replace("http://www.w3.org/2000/svg", ""));
    }
}
