using System.Globalization;
using Sprache;

namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>The grammar of one line. What whole files look like is <see cref="ScenarioFile"/>'s.</summary>
internal static class ScenarioGrammar
{
    private const string Places = "p1, a2 or n3";

    private static readonly Parser<string> Space = Parse.Regex("[ \t]+", "a space");

    // In: delay p1 -> a2 by 100ms
    private static readonly Parser<string> SpaceBeforeKind = Parse.Regex(@"[ \t]+(?![ \t]|by[ \t])", "a space");

    private static readonly Parser<string> Name = Parse.Regex(@"[a-z]([1-9][0-9]{0,2})?(?![A-Za-z0-9=_-])", $"a name such as {Places}");

    private static readonly Parser<IReadOnlyList<string>> Names = Separated(Name, Space);

    private static readonly Parser<string> Word = Parse.Regex(@"\S+", "a word");

    private static readonly Parser<string> Value = Parse.Regex(@"[^\s=|(){},;]+", "a value such as X");

    private static readonly Parser<string> Rest = Parse.Regex(@"\S.*", "a text");

    private static readonly Parser<string> Arrow = Parse.Regex("[ \t]*->[ \t]*", "->");

    // A message's label may have spaces between its parentheses.
    private static readonly Parser<string> Kind = Parse.Regex(@"[A-Z][A-Za-z0-9]*(\([^)]*\))?", "a message such as Prepare or Accept(1.1, X)");

    private static readonly Parser<IReadOnlyList<string>?> Ends =
        Parse.Regex(@"\*", "*").Select(_ => (IReadOnlyList<string>?)null).Or(Names);

    private static readonly Parser<Selector> AllMessages =
        Parse.Regex(@"all(?!\S)", "all").Select(_ => new Selector(null, null, null))
            .Or(Kind.Select(kind => new Selector(null, null, kind)))
            .Or(from senders in Ends
                from arrow in Arrow
                from receivers in Ends
                from kind in Optional(from space in SpaceBeforeKind from kind in Kind select kind)
                select new Selector(senders, receivers, kind));

    private static readonly Parser<Selector> Messages =
        (from word in Keyword("first") from space in Space from messages in AllMessages select messages with { OnlyFirst = true }).Or(AllMessages);

    private static readonly Parser<TimeSpan> Duration =
        from number in Parse.Regex(@"[0-9]{1,4}(\.[0-9]{1,3})?(?![0-9.])", "a duration such as 500ms or 2s")
        from unit in Parse.Regex(@"(ms|s|m)(?!\S)", "one of ms, s, m")
        let amount = double.Parse(number, CultureInfo.InvariantCulture)
        select unit switch { "ms" => TimeSpan.FromMilliseconds(amount), "s" => TimeSpan.FromSeconds(amount), _ => TimeSpan.FromMinutes(amount) };

    private static readonly Parser<string> Ballot = Parse.Regex(@"[0-9]+\.[0-9]+(?!\S)", "a ballot such as 2.1");

    private static readonly Parser<(string, string)> Part =
        from key in Parse.Regex(@"[A-Za-z][A-Za-z0-9-]*", "a part of the state such as promised")
        from sign in Parse.Regex("=", "=")
        from value in Parse.Regex(@"\([^)]*\)|\[[^\]]*\]|[^\s()\[\]]+", "a value such as none, 2.1, 2.1:X or [1; 2]")
        select (key, value);

    private static readonly Parser<Statement> ChosenOrNot =
        (from word in Keyword("no decision") select (Statement)new ExpectNoDecision(0))
        .Or(from word in Keyword("chosen")
            from space in Space
            from values in Separated(Value, Parse.Regex("[ \t]+and[ \t]+", "and"))
            from ballot in Optional(from before in Space from under in Keyword("ballot") from after in Space from ballot in Ballot select ballot)
            select (Statement)new ExpectChosen(0, values, ballot));

    private static readonly Parser<Statement> Expectation =
        ChosenOrNot
            .Or(from word in Keyword("slot")
                from before in Space
                from slot in Parse.Regex("[1-9][0-9]{0,17}", "a slot such as 4")
                from after in Space
                from what in ChosenOrNot
                let number = long.Parse(slot, CultureInfo.InvariantCulture)
                select what is ExpectChosen chosen ? (Statement)(chosen with { Slot = number }) : new ExpectNoDecision(number))
            .Or(from name in Name
                from space in Space
                from parts in Separated(Part, Space)
                select (Statement)new ExpectState(name, parts));

    private static readonly string[] Kinds = ["clients", "proposers", "acceptors", "learners", "nodes"];

    // What follows the first word.
    private static readonly (string Word, Parser<Statement> Tail)[] Statements =
    [
        ("protocol", After(Word.Select(w => (Statement)new ProtocolDeclaration(w)))),
        .. Kinds.Select(kind => (kind, After(Names.Select(n => (Statement)new RolesDeclaration(kind, n))))),
        ("set", After(from key in Parse.Regex("[a-z][a-z.-]*", "a setting such as resend-interval") from space in Space from value in Rest
                      select (Statement)new SetDeclaration(key, value))),
        ("past", After(from name in Name
                       from before in Space
                       from word in Keyword("round")
                       from after in Space
                       from round in Parse.Regex("[1-9][0-9]{0,2}(?!\\S)", "a round such as 2")
                       select (Statement)new PastDeclaration(name, int.Parse(round, CultureInfo.InvariantCulture)))),
        ("propose", After(from client in Name from arrow in Arrow from to in Name from space in Space from value in Value
                          select (Statement)new Propose(client, to, value))),
        ("deliver", Handling("deliver")),
        ("drop", Handling("drop")),
        ("duplicate", Handling("duplicate")),
        ("delay", After(from messages in Messages
                        from before in Space
                        from word in Keyword("by")
                        from after in Space
                        from delay in Duration
                        select (Statement)new Delay(messages, delay))),
        ("crash", Acting(NodeAction.Crash)),
        ("restart", Acting(NodeAction.Restart)),
        ("lose-disk", Acting(NodeAction.LoseDisk)),
        ("elect", After(Name.Select(n => (Statement)new ActOnNodes(NodeAction.Elect, [n])))),
        ("partition", After(from first in Names
                            from bar in Bar
                            from others in Separated(Names, Bar)
                            select (Statement)new Partition([first, .. others]))),
        ("heal", Parse.Return((Statement)new Heal())),
        ("advance", After(Duration.Select(d => (Statement)new Advance(d)))),
        ("note", After(Rest.Select(t => (Statement)new Note(t)))),
        ("run", After(Keyword("until quiet").Select(_ => (Statement)new RunUntilQuiet()))),
        ("waiting", Parse.Return((Statement)new ShowWaiting())),
        ("state", After(Names.Select(n => (Statement)new ShowState(n)))),
        ("expect", After(Expectation)),
    ];

    /// <summary>The words that a line may begin with.</summary>
    public static IEnumerable<string> Words => Statements.Select(s => s.Word);

    private static Parser<string> Bar => Parse.Regex(@"[ \t]*\|[ \t]*", "|");

    /// <summary>The statement of one line.</summary>
    /// <param name="text">The line, without spaces at its end.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="line">The line's number, for errors.</param>
    /// <exception cref="ScenarioException">It is none.</exception>
    public static Statement Statement(string text, string file, int line)
    {
        var indent = text.Length - text.TrimStart().Length;
        var word = text[indent..].Split(' ', '\t')[0];
        var rest = Statements.FirstOrDefault(s => s.Word == word).Tail
            ?? throw Wrong(indent, word, $"one of {string.Join(", ", Words)}");
        var begin = indent + word.Length;
        var result = rest.End().TryParse(text[begin..]);
        if (result.WasSuccessful) return result.Value;

        var at = begin + result.Remainder.Position;
        var expected = result.Expectations.Select(e => e == "end of input" ? "the end of the line" : e).Distinct().ToList();
        while (at < text.Length && text[at] is ' ' or '\t') at++;
        throw Wrong(at, at < text.Length ? text[at..].Split(' ')[0] : "", string.Join(" or ", expected));

        ScenarioException Wrong(int column, string found, string wanted) =>
            new(file, line, column + 1, $"{(found.Length > 0 ? $"\"{found}\"" : "the line ends")}, expected {wanted}");
    }

    private static Parser<Statement> Handling(string word) =>
        After(Messages.Select(m => (Statement)new Handle(Enum.Parse<Handling>(word, ignoreCase: true), m)));

    private static Parser<Statement> Acting(NodeAction action) => After(Names.Select(n => (Statement)new ActOnNodes(action, n)));

    private static Parser<T> After<T>(Parser<T> rest) => from space in Space from value in rest select value;

    private static Parser<string> Keyword(string words) => Parse.Regex($@"{words.Replace(" ", "[ \t]+")}(?!\S)", words);

    private static Parser<T?> Optional<T>(Parser<T> parser) where T : class => parser.Select(v => (T?)v).XOr(Parse.Return((T?)null));

    // Not Sprache's DelimitedBy, which would fail on a separator that something else follows.
    private static Parser<IReadOnlyList<T>> Separated<T>(Parser<T> item, Parser<string> separator) =>
        from first in item
        from others in (from before in separator from next in item select next).Many()
        select (IReadOnlyList<T>)[first, .. others];
}
