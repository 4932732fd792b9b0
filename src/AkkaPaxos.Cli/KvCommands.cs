using System.CommandLine;
using AkkaPaxos.Kv;
using Google.Protobuf;

namespace AkkaPaxos.Cli;

/// <summary><c>put</c>, <c>get</c>, <c>del</c> and <c>txn</c>, with etcdctl's arguments and output.</summary>
internal static class KvCommands
{
    private static Argument<string?> EndArgument(string what) =>
        new("RANGE_END") { Description = $"{what} the keys from KEY up to, and without, this one.", Arity = ArgumentArity.ZeroOrOne };

    private static Option<bool> PrefixOption(string what) => new("--prefix") { Description = $"{what} every key that starts with KEY." };

    private static Option<bool> FromKeyOption(string what) => new("--from-key") { Description = $"{what} every key from KEY on." };

    private static Option<bool> PrevKvOption(string what) => new("--prev-kv") { Description = $"Also print {what}." };

    // Arguments, shared by the commands and the lines of a transaction ------------------------------------------------------

    internal sealed class PutArguments
    {
        private readonly Argument<string> _key = new("KEY") { Description = "The key." };
        private readonly Argument<string?> _value = new("VALUE")
        {
            Description = "The value; - or none reads it from standard input. Write -- before one that starts with -.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        private readonly Option<bool> _prevKv = PrevKvOption("the key and value that were there before");
        private readonly Option<bool> _ignoreValue = new("--ignore-value") { Description = "Write the key with the value that it has." };

        public void AddTo(Command command)
        {
            command.Add(_key);
            command.Add(_value);
            command.Add(_prevKv);
            command.Add(_ignoreValue);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_ignoreValue) && result.GetValue(_value) is not null)
                    result.AddError("VALUE and --ignore-value cannot both be given");
            });
        }

        /// <param name="parsed">The command line.</param>
        /// <param name="standardInput">Gives the value where none, or -, stands there; null where there is no standard input, and - is a value.</param>
        /// <exception cref="FormatException">There is no value.</exception>
        public PutRequest Read(ParseResult parsed, Func<ByteString>? standardInput)
        {
            var ignore = parsed.GetValue(_ignoreValue);
            return new PutRequest
            {
                Key = Bytes(parsed.GetRequiredValue(_key)),
                Value = ignore ? ByteString.Empty
                    : parsed.GetValue(_value) is { } value && (value != "-" || standardInput is null) ? Bytes(value)
                    : standardInput is not null ? standardInput()
                    : throw new FormatException("a put in a transaction needs its value"),
                PrevKv = parsed.GetValue(_prevKv),
                IgnoreValue = ignore,
            };
        }
    }

    internal sealed class GetArguments
    {
        private readonly Argument<string> _key = new("KEY") { Description = "The key." };
        private readonly Argument<string?> _end = EndArgument("Get");
        private readonly Option<bool> _prefix = PrefixOption("Get");
        private readonly Option<bool> _fromKey = FromKeyOption("Get");
        private readonly Option<long> _limit = new("--limit") { Description = "At most this many keys; 0: all.", HelpName = "N" };
        private readonly Option<long> _rev = new("--rev") { Description = "Read at this revision; past ones are not kept.", HelpName = "REVISION" };
        private readonly Option<bool> _keysOnly = new("--keys-only") { Description = "Print keys without values." };
        private readonly Option<bool> _countOnly = new("--count-only") { Description = "Print how many keys there are, and no key." };
        private readonly Option<bool> _serializable = new("--serializable") { Description = "Read the asked node's state, which may be old." };
        private readonly Option<string> _order = Choice("--order", "Sort the keys: ASCEND or DESCEND.", "ASCEND", "DESCEND");
        private readonly Option<string> _sortBy =
            Choice("--sort-by", "Sort by KEY, VERSION, CREATE, MODIFY or VALUE.", "KEY", "VERSION", "CREATE", "MODIFY", "VALUE");

        private readonly Option<bool> _valueOnly = new("--print-value-only") { Description = "Print values without keys." };

        public void AddTo(Command command)
        {
            command.Add(_key);
            command.Add(_end);
            Option[] options = [_prefix, _fromKey, _limit, _rev, _keysOnly, _countOnly, _serializable, _order, _sortBy, _valueOnly];
            foreach (var option in options) command.Add(option);
            OneEnd(command, _end, _prefix, _fromKey);
            command.Validators.Add(result =>
            {
                if (((Option<bool>[])[_keysOnly, _countOnly, _valueOnly]).Count(result.GetValue) > 1)
                    result.AddError("only one of --keys-only, --count-only and --print-value-only can be given");
            });
        }

        /// <summary>What is to be printed of the answer.</summary>
        public RangeView View(ParseResult parsed) => parsed.GetValue(_countOnly) ? RangeView.Count
            : parsed.GetValue(_keysOnly) ? RangeView.Keys
            : parsed.GetValue(_valueOnly) ? RangeView.Values
            : RangeView.Pairs;

        public RangeRequest Read(ParseResult parsed)
        {
            var (key, end) = Range(parsed, _key, _end, _prefix, _fromKey);
            return new RangeRequest
            {
                Key = key, RangeEnd = end, Limit = parsed.GetValue(_limit), Revision = parsed.GetValue(_rev), KeysOnly = parsed.GetValue(_keysOnly),
                CountOnly = parsed.GetValue(_countOnly), Serializable = parsed.GetValue(_serializable),
                SortOrder = parsed.GetValue(_order) switch
                {
                    "ASCEND" => RangeRequest.Types.SortOrder.Ascend,
                    "DESCEND" => RangeRequest.Types.SortOrder.Descend,
                    _ => RangeRequest.Types.SortOrder.None,
                },
                SortTarget = parsed.GetValue(_sortBy) switch
                {
                    "VERSION" => RangeRequest.Types.SortTarget.Version,
                    "CREATE" => RangeRequest.Types.SortTarget.Create,
                    "MODIFY" => RangeRequest.Types.SortTarget.Mod,
                    "VALUE" => RangeRequest.Types.SortTarget.Value,
                    _ => RangeRequest.Types.SortTarget.Key,
                },
            };
        }

        private static Option<string> Choice(string name, string description, params string[] values)
        {
            var option = new Option<string>(name) { Description = description };
            option.AcceptOnlyFromAmong(values);
            return option;
        }
    }

    internal sealed class DelArguments
    {
        private readonly Argument<string> _key = new("KEY") { Description = "The key." };
        private readonly Argument<string?> _end = EndArgument("Delete");
        private readonly Option<bool> _prefix = PrefixOption("Delete");
        private readonly Option<bool> _fromKey = FromKeyOption("Delete");
        private readonly Option<bool> _prevKv = PrevKvOption("the keys and values that were deleted");

        public void AddTo(Command command)
        {
            command.Add(_key);
            command.Add(_end);
            foreach (var option in (Option[])[_prefix, _fromKey, _prevKv]) command.Add(option);
            OneEnd(command, _end, _prefix, _fromKey);
        }

        public DeleteRangeRequest Read(ParseResult parsed)
        {
            var (key, end) = Range(parsed, _key, _end, _prefix, _fromKey);
            return new DeleteRangeRequest { Key = key, RangeEnd = end, PrevKv = parsed.GetValue(_prevKv) };
        }
    }

    private static void OneEnd(Command command, Argument<string?> end, Option<bool> prefix, Option<bool> fromKey) => command.Validators.Add(result =>
    {
        var given = new[] { result.GetValue(end) is not null, result.GetValue(prefix), result.GetValue(fromKey) };
        if (given.Count(g => g) > 1) result.AddError("only one of RANGE_END, --prefix and --from-key can be given");
    });

    /// <summary>As etcdctl has it, an empty KEY with --prefix or --from-key stands for the lowest key.</summary>
    private static (ByteString Key, ByteString End) Range(
        ParseResult parsed, Argument<string> keyArgument, Argument<string?> end, Option<bool> prefix, Option<bool> fromKey)
    {
        var key = Bytes(parsed.GetRequiredValue(keyArgument));
        var lowest = key.IsEmpty ? KvOperations.FromKey : key;
        if (parsed.GetValue(prefix)) return (lowest, KvOperations.PrefixEnd(key.Span));
        if (parsed.GetValue(fromKey)) return (lowest, KvOperations.FromKey);
        return (key, Bytes(parsed.GetValue(end) ?? ""));
    }

    private static ByteString Bytes(string text) => UnsafeByteOperations.UnsafeWrap(RawText.Encode(text));

    // Commands -----------------------------------------------------------------------------------------------------------

    public static Command Put(Terminal terminal)
    {
        var arguments = new PutArguments();
        var command = new Command("put", "Writes a key.");
        arguments.AddTo(command);
        return Over<PutResponse>(command, terminal, "/v3/kv/put", parsed => (arguments.Read(parsed, StandardInput), terminal.Print));

        ByteString StandardInput() =>
            UnsafeByteOperations.UnsafeWrap(terminal.ReadInput("the value", "write put KEY \"\" for the empty value"));
    }

    public static Command Get(Terminal terminal)
    {
        var arguments = new GetArguments();
        var command = new Command("get", "Reads a key or a range of keys: a line with the key, a line with the value.");
        arguments.AddTo(command);
        return Over<RangeResponse>(command, terminal, "/v3/kv/range", parsed =>
        {
            var view = arguments.View(parsed);
            return (arguments.Read(parsed), response => terminal.Print(response, view));
        });
    }

    public static Command Del(Terminal terminal)
    {
        var arguments = new DelArguments();
        var command = new Command("del", "Deletes a key or a range of keys, and prints how many there were.");
        arguments.AddTo(command);
        return Over<DeleteRangeResponse>(command, terminal, "/v3/kv/deleterange", parsed => (arguments.Read(parsed), terminal.Print));
    }

    public static Command Txn(Terminal terminal)
    {
        var command = new Command("txn", """
            Executes a transaction that is read from standard input: compares, a blank line, operations for when all of them hold,
            a blank line, operations for when not. For example:

              mod("key1") > "0"

              put key1 "overwrote-key1"

              put key1 "created-key1"
              put key2 "some extra key"

            Compares are of version, create, mod or value, with =, !=, < or >, and a value in double quotes. Operations are put, get and del, with
            their own arguments and options. In double quotes \n is a line break, \t a tab, \r a carriage return, \xHH the byte HH, and \", \' and
            \\ are themselves; in single quotes everything is itself. A quote ends on the line that it begins on.
            """);
        return Over<TxnResponse>(command, terminal, "/v3/kv/txn", _ =>
        {
            var transaction = TxnSyntax.Read(RawText.Decode(terminal.ReadInput(
                "the transaction: compares, operations for when they hold, operations for when not, a blank line between", "see akkapaxos txn --help")));
            return (transaction.Request, response => terminal.Print(response, transaction.Views(response.Succeeded)));
        });
    }

    /// <summary>Makes a command post a request and print the response.</summary>
    private static Command Over<T>(
        Command command, Terminal terminal, string path, Func<ParseResult, (IMessage Request, Action<T> Print)> read)
        where T : class, IMessage, new()
    {
        var endpointOptions = new EndpointOptions();
        var json = new Option<bool>("--json") { Description = "Print the response as JSON." };
        endpointOptions.AddTo(command);
        command.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var (request, print) = read(parsed);
            var response = IsWrite(request)
                ? await endpoints.Write<T>(path, request, cancel)
                : await endpoints.Read<T>(path, request, cancel);
            if (parsed.GetValue(json)) terminal.Text.WriteLine(KvJson.Format(response));
            else print(response);
            return 0;
        });
        return command;
    }

    private static bool IsWrite(IMessage request) => request switch
    {
        RangeRequest => false,
        TxnRequest txn => KvRules.Writes(new RequestOp { RequestTxn = txn }),
        _ => true,
    };
}
