using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AkkaPaxos.Kv;
using Google.Protobuf;
using static AkkaPaxos.Kv.Compare.Types;

namespace AkkaPaxos.Cli;

/// <summary>Transactions as etcdctl reads them: three paragraphs of lines.</summary>
internal static partial class TxnSyntax
{
    /// <summary>Reads compares, operations for when they hold, and operations for when not. The end of the input ends every paragraph.</summary>
    /// <exception cref="CliException">A line makes no sense; the message tells its number.</exception>
    public static TxnRequest Read(TextReader lines)
    {
        var txn = new TxnRequest();
        Action<string>[] paragraphs =
        [
            line => txn.Compare.Add(Compare(line)),
            line => txn.Success.Add(Operation(line)),
            line => txn.Failure.Add(Operation(line)),
        ];
        var paragraph = 0;
        for (var number = 1; paragraph < paragraphs.Length && lines.ReadLine() is { } line; number++)
        {
            line = line.Trim();
            try
            {
                if (line.Length == 0) paragraph++;
                else paragraphs[paragraph](line);
            }
            catch (FormatException e)
            {
                throw new CliException($"line {number} of the transaction: {e.Message}: {line}", 2);
            }
        }
        return txn;
    }

    [GeneratedRegex("""^(?<target>\w+)\s*\(\s*(?<key>"(?:[^"\\]|\\.)*")\s*\)\s*(?<result>=|!=|<|>)\s*(?<value>"(?:[^"\\]|\\.)*")$""")]
    private static partial Regex ComparePattern();

    private static Compare Compare(string line)
    {
        var match = ComparePattern().Match(line);
        if (!match.Success) throw new FormatException("not a compare like mod(\"key\") > \"0\"");
        var value = Unquote(match.Groups["value"].Value);
        var compare = new Compare
        {
            Key = Unquote(match.Groups["key"].Value),
            Result = match.Groups["result"].Value switch
            {
                "=" => CompareResult.Equal,
                "!=" => CompareResult.NotEqual,
                "<" => CompareResult.Less,
                _ => CompareResult.Greater,
            },
        };
        switch (match.Groups["target"].Value)
        {
            case "ver" or "version":
                (compare.Target, compare.Version) = (CompareTarget.Version, Number(value));
                break;
            case "c" or "create":
                (compare.Target, compare.CreateRevision) = (CompareTarget.Create, Number(value));
                break;
            case "m" or "mod":
                (compare.Target, compare.ModRevision) = (CompareTarget.Mod, Number(value));
                break;
            case "val" or "value":
                (compare.Target, compare.Value) = (CompareTarget.Value, value);
                break;
            default:
                throw new FormatException("compares are of version, create, mod or value");
        }
        return compare;
    }

    private static long Number(ByteString text) =>
        long.TryParse(text.ToStringUtf8(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException("revisions and versions are whole numbers in quotes");

    private static RequestOp Operation(string line)
    {
        var (put, get, del) = (new KvCommands.PutArguments(), new KvCommands.GetArguments(), new KvCommands.DelArguments());
        var (putCommand, getCommand, delCommand) = (new Command("put"), new Command("get"), new Command("del"));
        put.AddTo(putCommand);
        get.AddTo(getCommand);
        del.AddTo(delCommand);
        var words = Words(line);
        var parsed = new RootCommand { putCommand, getCommand, delCommand }.Parse(words);
        if (Program.Errors(parsed, words) is [var error, ..]) throw new FormatException(error.TrimEnd('.'));
        var command = parsed.CommandResult.Command;
        return command == putCommand ? new RequestOp { RequestPut = put.Read(parsed, NoInput) }
            : command == getCommand ? new RequestOp { RequestRange = get.Read(parsed) }
            : command == delCommand ? new RequestOp { RequestDeleteRange = del.Read(parsed) }
            : throw new FormatException("operations are put, get and del");
    }

    private static ByteString NoInput() => throw new FormatException("a put in a transaction needs its value");

    [GeneratedRegex("""\G\s*(?:(?<double>"(?:[^"\\]|\\.)*")|'(?<single>[^']*)'|(?<bare>[^\s"']\S*))(?=\s|$)""")]
    private static partial Regex WordPattern();

    private static List<string> Words(string line)
    {
        List<string> words = [];
        var at = 0;
        for (var match = WordPattern().Match(line); match.Success; match = match.NextMatch())
        {
            words.Add(match.Groups["double"] is { Success: true } quoted ? Unquote(quoted.Value).ToStringUtf8()
                : match.Groups["single"] is { Success: true } single ? single.Value : match.Groups["bare"].Value);
            at = match.Index + match.Length;
        }
        return at == line.Length ? words : throw new FormatException("a quote does not end");
    }

    /// <summary>What stands in double quotes, with the escapes of Go that people use.</summary>
    private static ByteString Unquote(string quoted)
    {
        var bytes = new List<byte>();
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] != '\\')
            {
                var rune = Rune.GetRuneAt(quoted, i);
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                i += rune.Utf16SequenceLength - 1;
                continue;
            }
            i++;
            if (quoted[i] == 'x')
            {
                if (i + 2 >= quoted.Length - 1
                    || !byte.TryParse(quoted.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                    throw new FormatException("\\x is followed by two hexadecimal digits");
                bytes.Add(value);
                i += 2;
                continue;
            }
            bytes.Add(quoted[i] switch
            {
                'n' => (byte)'\n',
                't' => (byte)'\t',
                'r' => (byte)'\r',
                '"' or '\\' or '\'' => (byte)quoted[i],
                _ => throw new FormatException($"\\{quoted[i]} is no escape"),
            });
        }
        return ByteString.CopyFrom([.. bytes]);
    }
}
