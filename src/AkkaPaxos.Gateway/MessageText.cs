using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Gateway;

/// <summary>Messages as sequence diagrams write them: the name and, in brackets, ballot, slot and commands.</summary>
internal static class MessageText
{
    /// <summary>The text of a message.</summary>
    public static string Of(object message) => message switch
    {
        Request m => $"Request({Ids(m.Commands.Select(c => c.Id))})",
        Response m => $"Response({Ids(m.Replies.Select(r => new CommandId(r.Client, r.Sequence)))})",
        Forward m => $"Forward({Ids(m.Commands.Select(c => c.Id))})",
        Reconfigure m => $"Reconfigure({string.Join(", ", m.Changes)})",
        Reconfigured m => $"Reconfigured({(m.Refusal.Length > 0 ? m.Refusal : m.Configuration)})",
        Relay m => $"Relay({Ids(m.Commands.Select(c => c.Id))})",
        Propose m => $"Propose({m.Slot}, {m.Value})",
        Prepare m => $"Prepare({m.Ballot}, from {m.FromSlot})",
        Promise m => $"Promise({m.Promised}, {m.Accepted.Count} pvalues)",
        Accept m => $"Accept({m.PValue.Ballot}, {m.PValue.Slot}, {m.PValue.Value})",
        Accepted m => $"Accepted({m.Promised}, {m.Slot})",
        Learned m => $"Learned({m.PValue.Ballot}, {m.PValue.Slot})",
        Decision m => $"Decision({m.Slot}, {m.Ballot}{(m.Value is null ? "" : $", {m.Value}")})",
        Adopted m => $"Adopted({m.Ballot}, {m.PValues.Count} pvalues)",
        Preempted m => $"Preempted({m.Ballot})",
        SlotChosen m => $"Chosen({m.Ballot}, {m.Slot})",
        Decisions m => $"Decisions({Span(m.Entries)})",
        CatchUp m => $"CatchUp(from {m.FromSlot})",
        Heartbeat m => $"Heartbeat({m.Ballot}{(m.IsScouting ? ", scouting" : "")})",
        PollResult m => $"PollResult({m.Ballot}{(m.IsHeard ? ", heard" : "")})",
        Executed m => $"Executed({m.SlotOut})",
        _ => message.GetType().Name,
    };

    private static string Span(IReadOnlyList<Decision> decisions) =>
        decisions.Count == 0 ? "none" : decisions.Count == 1 ? $"{decisions[0].Slot}" : $"{decisions[0].Slot}..{decisions[^1].Slot}";

    private static string Ids(IEnumerable<CommandId> commands)
    {
        var ids = commands.ToList();
        return ids.Count <= 3 ? string.Join(' ', ids) : $"{ids[0]} {ids[1]} +{ids.Count - 2}";
    }
}
