namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>What a line of a scenario says.</summary>
internal abstract record Statement;

// ---- declarations: before the first command ----

/// <summary><c>protocol synod</c></summary>
internal sealed record ProtocolDeclaration(string Name) : Statement;

/// <summary><c>acceptors a1 a2 a3</c></summary>
internal sealed record RolesDeclaration(string Kind, IReadOnlyList<string> Names) : Statement;

/// <summary><c>set resend-interval 1s</c></summary>
internal sealed record SetDeclaration(string Key, string Value) : Statement;

/// <summary><c>past p1 round 2</c></summary>
internal sealed record PastDeclaration(string Name, int Round) : Statement;

// ---- commands ----

/// <summary><c>propose c1 -> p1 X</c></summary>
internal sealed record Propose(string From, string To, string Value) : Statement;

internal enum Handling
{
    Deliver,
    Drop,
    Duplicate,
}

/// <summary><c>deliver p1 -> a2 Prepare</c>, and the same with drop and duplicate.</summary>
internal sealed record Handle(Handling Handling, Selector Selector) : Statement;

/// <summary><c>delay p1 -> a2 Prepare by 100ms</c></summary>
internal sealed record Delay(Selector Selector, TimeSpan By) : Statement;

/// <summary>Which of the messages that wait. A part that is null matches all.</summary>
/// <param name="From">The senders.</param>
/// <param name="To">The receivers.</param>
/// <param name="Kind">The message's name, or all of its label: <c>Accept</c>, <c>Accept(1.1, X)</c>.</param>
internal sealed record Selector(IReadOnlyList<string>? From, IReadOnlyList<string>? To, string? Kind)
{
    /// <summary>Whether it takes only the one that was sent first.</summary>
    public bool OnlyFirst { get; init; }

    public override string ToString()
    {
        var first = OnlyFirst ? "first " : "";
        var ends = From is null && To is null ? "" : $"{Names(From)} -> {Names(To)} ";
        return first + (ends.Length == 0 && Kind is null ? "all" : $"{ends}{Kind}".TrimEnd());

        static string Names(IReadOnlyList<string>? names) => names is null ? "*" : string.Join(' ', names);
    }
}

internal enum NodeAction
{
    Crash,
    Restart,
    LoseDisk,
    Elect,
}

/// <summary><c>crash p1</c>, and the same with restart, lose-disk and elect.</summary>
internal sealed record ActOnNodes(NodeAction Action, IReadOnlyList<string> Names) : Statement;

/// <summary><c>partition p1 a1 | a2 a3</c></summary>
internal sealed record Partition(IReadOnlyList<IReadOnlyList<string>> Sides) : Statement;

/// <summary><c>heal</c></summary>
internal sealed record Heal : Statement;

/// <summary><c>advance 500ms</c></summary>
internal sealed record Advance(TimeSpan By) : Statement;

/// <summary><c>note OLD LEADER recovers</c></summary>
internal sealed record Note(string Text) : Statement;

/// <summary><c>run until quiet</c></summary>
internal sealed record RunUntilQuiet : Statement;

/// <summary><c>waiting</c></summary>
internal sealed record ShowWaiting : Statement;

/// <summary><c>state a1 a2</c></summary>
internal sealed record ShowState(IReadOnlyList<string> Names) : Statement;

/// <summary><c>expect chosen X</c>, <c>expect chosen X ballot 2.2</c>, <c>expect slot 4 chosen no-op</c></summary>
internal sealed record ExpectChosen(long Slot, IReadOnlyList<string> Values, string? Ballot) : Statement;

/// <summary><c>expect no decision</c></summary>
internal sealed record ExpectNoDecision(long Slot) : Statement;

/// <summary><c>expect a1 promised=2.2 accepted=none</c></summary>
internal sealed record ExpectState(string Name, IReadOnlyList<(string Key, string Value)> Parts) : Statement;
