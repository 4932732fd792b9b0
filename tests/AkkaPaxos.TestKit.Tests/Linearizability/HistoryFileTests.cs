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
    [InlineData("{\"process\":1,", 1, "not JSON")]
    [InlineData("process 1 reads", 1, "neither JSON nor an EDN map nor a line of a log")]
    [InlineData("INFO  jepsen.core - nothing", 1, "has no operation")]
    [InlineData("", 1, "has no operation")]
    [InlineData("INFO  jepsen.util - 3\tinvoke\tread\tnil", 1, "not a process, :type, :function and value")]
    public void What_is_wrong_is_told_with_its_line(string text, int line, string reason)
    {
        var error = Assert.Throws<HistoryFormatException>(() => HistoryCheck.Check(new StringReader(text), "kv"));

        Assert.Equal(line, error.Line);
        Assert.Contains(reason, error.Message);
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
