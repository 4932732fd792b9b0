using System.CommandLine;
using System.Globalization;
using AkkaPaxos.Kv;
using Google.Protobuf;
using static AkkaPaxos.Kv.Compare.Types;

namespace AkkaPaxos.Cli;

/// <summary>A transaction, and how the answers of its gets are to be shown.</summary>
internal sealed class TxnScript
{
    private readonly List<RangeView> _success = [], _failure = [];

    /// <summary>What is posted.</summary>
    public TxnRequest Request { get; } = new();

    /// <summary>How the answers are shown, by operation of the branch for when all compares hold, or of the other one.</summary>
    public IReadOnlyList<RangeView> Views(bool succeeded) => succeeded ? _success : _failure;

    public void Add(bool succeeded, RequestOp operation, RangeView view)
    {
        (succeeded ? Request.Success : Request.Failure).Add(operation);
        (succeeded ? _success : _failure).Add(view);
    }
}

/// <summary>Transactions as etcdctl reads them: three paragraphs of lines.</summary>
internal static class TxnSyntax
{
    /// <summary>Reads compares, operations for when they hold, and operations for when not. The end of the input ends every paragraph.</summary>
    /// <param name="text">Text of <see cref="RawText"/>.</param>
    /// <exception cref="CliException">A line makes no sense; the message tells its number and the column.</exception>
    public static TxnScript Read(string text)
    {
        var script = new TxnScript();
        Action<TxnLine>[] paragraphs =
        [
            line => script.Request.Compare.Add(Compare(line)),
            line => Operation(line, (op, view) => script.Add(true, op, view)),
            line => Operation(line, (op, view) => script.Add(false, op, view)),
            line => throw line.Wrong("a transaction has three paragraphs, of compares, operations and operations; this is a fourth", 0),
        ];
        var (paragraph, number) = (0, 0);
        foreach (var content in text.TrimStart('\ufeff').Split('\n'))
        {
            number++;
            var line = new TxnLine(content.TrimEnd('\r'));
            try
            {
                if (!line.IsBlank) paragraphs[paragraph](line);
                else if (paragraph < paragraphs.Length - 1) paragraph++;
            }
            catch (TxnLineException e)
            {
                throw new CliException($"line {number}, column {e.Column} of the transaction: {e.Message}: {content.Trim()}", 2);
            }
        }
        return script;
    }

    private static Compare Compare(TxnLine line)
    {
        var at = line.Column;
        var target = line.Name();
        line.Expect("(", "a compare is like mod(\"key\") > \"0\": a bracket is missing");
        var compare = new Compare { Key = line.Quoted("the key") };
        line.Expect(")", "a bracket is missing behind the key");
        compare.Result = line.Operator() switch
        {
            "=" => CompareResult.Equal,
            "!=" => CompareResult.NotEqual,
            "<" => CompareResult.Less,
            _ => CompareResult.Greater,
        };
        var value = line.Quoted("the value, a number also,");
        line.ExpectEnd();
        switch (target)
        {
            case "ver" or "version":
                (compare.Target, compare.Version) = (CompareTarget.Version, Number(line, value));
                break;
            case "c" or "create":
                (compare.Target, compare.CreateRevision) = (CompareTarget.Create, Number(line, value));
                break;
            case "m" or "mod":
                (compare.Target, compare.ModRevision) = (CompareTarget.Mod, Number(line, value));
                break;
            case "val" or "value":
                (compare.Target, compare.Value) = (CompareTarget.Value, value);
                break;
            default:
                throw line.Wrong("compares are of version, create, mod or value", at);
        }
        return compare;
    }

    private static long Number(TxnLine line, ByteString text) =>
        long.TryParse(text.ToStringUtf8(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw line.Wrong("revisions and versions are whole numbers of 64 bits, in quotes", line.LastWord);

    private static void Operation(TxnLine line, Action<RequestOp, RangeView> add)
    {
        var (put, get, del) = (new KvCommands.PutArguments(), new KvCommands.GetArguments(), new KvCommands.DelArguments());
        var (putCommand, getCommand, delCommand) = (new Command("put"), new Command("get"), new Command("del"));
        put.AddTo(putCommand);
        get.AddTo(getCommand);
        del.AddTo(delCommand);
        var words = line.Words();
        var texts = words.ConvertAll(w => w.Text);
        var parsed = new Command("txn") { putCommand, getCommand, delCommand }.Parse(texts, Program.Parsing);
        if (Program.Errors(parsed, texts) is [var error, ..])
            throw line.Wrong(error.TrimEnd('.'), words.FirstOrDefault(w => w.Text.Length > 0 && error.Contains(w.Text), words[0]).Column);
        var command = parsed.CommandResult.Command;
        try
        {
            if (command == putCommand) add(new RequestOp { RequestPut = put.Read(parsed, null) }, default);
            else if (command == getCommand) add(new RequestOp { RequestRange = get.Read(parsed) }, get.View(parsed));
            else if (command == delCommand) add(new RequestOp { RequestDeleteRange = del.Read(parsed) }, default);
            else throw line.Wrong("operations are put, get and del", words[0].Column);
        }
        catch (FormatException e)
        {
            throw line.Wrong(e.Message, words[^1].Column + words[^1].Text.Length);
        }
    }
}
