using AkkaPaxos.Consensus;
using INodeMessage = AkkaPaxos.MultiPaxos.INodeMessage;

namespace AkkaPaxos.Synod;

// What roles answer to AskState. Everything that decides what a role does next is in there, except its timers and random numbers; lists are
// sorted, so that equal states have equal texts.

/// <summary>How far a proposer is.</summary>
public enum ProposerPhase
{
    /// <summary>It has nothing to do.</summary>
    Idle,

    /// <summary>It waits for promises (phase 1).</summary>
    Preparing,

    /// <summary>A majority promised and has accepted nothing, and no client has asked for a value yet.</summary>
    Prepared,

    /// <summary>It waits for acceptors to accept (phase 2).</summary>
    Accepting,

    /// <summary>It was refused, and waits for its random delay before it begins again.</summary>
    Resting,

    /// <summary>A majority accepted its proposal.</summary>
    Done,
}

/// <summary>A proposer's state.</summary>
/// <param name="Id">The proposer.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="MaxRound">The highest round that it has seen or used.</param>
/// <param name="Ballot">The number of its latest attempt; <see cref="Ballot.Bottom"/> where it made none since it was started.</param>
/// <param name="Requested">The value that a client asked for.</param>
/// <param name="Proposed">The value under its number; null before phase 2.</param>
/// <param name="Answered">The acceptors that have answered in this phase.</param>
/// <param name="Highest">The proposal with the highest number among the promises of this attempt.</param>
/// <param name="Refusals">How often it was refused in turn: its delay grows with it.</param>
/// <param name="Leads">Whether it proposes; otherwise it passes requests on to the distinguished proposer.</param>
public sealed record ProposerState(
    NodeId Id, ProposerPhase Phase, long MaxRound, Ballot Ballot, string? Requested, string? Proposed, IReadOnlyList<NodeId> Answered,
    Proposal? Highest, int Refusals, bool Leads)
{
    /// <summary>In one line.</summary>
    public override string ToString() =>
        $"proposer {Id}: {Phase} maxRound={Show.Of(MaxRound)} ballot={Ballot} requested={Show.Of(Requested)} proposed={Show.Of(Proposed)} "
        + $"answered={Show.Of(Answered)} highest={Show.Of(Highest)} refusals={Refusals} leads={Show.Of(Leads)}";
}

/// <summary>An acceptor's state.</summary>
/// <param name="Id">The acceptor.</param>
/// <param name="Promised">The highest number that it has promised, on disk.</param>
/// <param name="Accepted">The proposal with the highest number that it has accepted, on disk; null where it has accepted none.</param>
/// <param name="Promising">The same, as soon as what is on its way to the disk is there.</param>
/// <param name="Accepting">The same.</param>
public sealed record AcceptorState(NodeId Id, Ballot Promised, Proposal? Accepted, Ballot Promising, Proposal? Accepting)
    : INodeMessage
{
    /// <summary>Whether a newer promise or proposal is on its way to the disk.</summary>
    public bool Writing => Promising != Promised || Accepting != Accepted;

    /// <summary>In one line.</summary>
    public override string ToString() =>
        $"acceptor {Id}: promised={Promised} accepted={Show.Of(Accepted)}{(Writing ? $" promising={Promising} accepting={Show.Of(Accepting)}" : "")}";
}

/// <summary>Which acceptors a learner has heard of under a number.</summary>
/// <param name="Ballot">The number.</param>
/// <param name="Value">The value.</param>
/// <param name="Acceptors">The acceptors.</param>
public sealed record Tally(Ballot Ballot, string Value, IReadOnlyList<NodeId> Acceptors)
{
    /// <summary>In short: <c>1.1:X by 1,3</c>.</summary>
    public override string ToString() => $"{Ballot}:{Value} by {string.Join(',', Acceptors)}";
}

/// <summary>A learner's state.</summary>
/// <param name="Id">The learner.</param>
/// <param name="Chosen">What it knows to be chosen; null where it does not know.</param>
/// <param name="Tallies">What it has counted, by number.</param>
public sealed record LearnerState(NodeId Id, Proposal? Chosen, IReadOnlyList<Tally> Tallies) : INodeMessage
{
    /// <summary>In one line.</summary>
    public override string ToString() => $"learner {Id}: chosen={Show.Of(Chosen)} counted={Show.Of(Tallies)}";
}

/// <summary>A client's state.</summary>
/// <param name="Id">The client.</param>
/// <param name="Requested">The value that it asks or asked for; null where it asked for none.</param>
/// <param name="Asked">The proposer that it asked last; <see cref="NodeId.None"/> where it asked none.</param>
/// <param name="Waiting">Whether it waits for an answer.</param>
/// <param name="Chosen">The value that it was told is chosen; null where it was not told.</param>
public sealed record ClientState(NodeId Id, string? Requested, NodeId Asked, bool Waiting, string? Chosen) : INodeMessage
{
    /// <summary>In one line.</summary>
    public override string ToString() =>
        $"client {Id}: requested={Show.Of(Requested)} asked={Asked} waiting={Show.Of(Waiting)} chosen={Show.Of(Chosen)}";
}

/// <summary>How parts of a state are written.</summary>
internal static class Show
{
    public static string Of(object? o) => o switch
    {
        null => "none",
        bool yes => yes ? "yes" : "no",
        _ => o.ToString()!,
    };

    public static string Of<T>(IReadOnlyList<T> list) => $"[{string.Join("; ", list)}]";
}
