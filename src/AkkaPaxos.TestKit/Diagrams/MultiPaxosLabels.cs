using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>What the messages of MultiPaxos are called in a drawing.</summary>
public static class MultiPaxosLabels
{
    /// <summary>A message's label; commands are shown by their identity.</summary>
    public static MessageLabel Of(object message) => Of(message, commands => Value.Batch(commands).ToString());

    /// <summary>A message's label.</summary>
    /// <param name="message">The message.</param>
    /// <param name="text">How commands are shown; never called with none.</param>
    public static MessageLabel Of(object message, Func<IReadOnlyList<Command>, string> text)
    {
        return message switch
        {
            Request m => new("Request", text(m.Commands)),
            Response => new("Response", ""),
            Forward m => new("Forward", text(m.Commands)),
            Reconfigure m => new("Reconfigure", string.Join(", ", m.Changes)),
            Reconfigured m => new("Reconfigured", m.Refusal.Length > 0 ? m.Refusal : $"{m.Configuration}"),
            Relay m => new("Relay", text(m.Commands)),
            Propose m => new("Propose", $"{m.Slot}, {Text(m.Value)}"),
            Prepare m => new("Prepare", $"{m.Ballot}"),
            Promise m => new("Promise", $"{m.Promised}", m.Accepted.Count == 0 ? "null" : string.Join(' ', m.Accepted.Select(PValueText))),
            Accept m => new("Accept", $"{m.PValue.Ballot}, {m.PValue.Slot}, {Text(m.PValue.Value)}"),
            Accepted m => new("Accepted", $"{m.Promised}, {m.Slot}"),
            Learned m => new("Learned", $"{m.PValue.Ballot}, {m.PValue.Slot}"),
            Decision m => new("Decision", $"{m.Slot}, {m.Ballot}{(m.Value is null ? "" : $", {Text(m.Value)}")}"),
            Adopted m => new("Adopted", $"{m.Ballot}"),
            Preempted m => new("Preempted", $"{m.Ballot}"),
            SlotChosen m => new("SlotChosen", $"{m.Ballot}, {m.Slot}"),
            Heartbeat m => new("Heartbeat", m.IsScouting ? $"{m.Ballot}, scouting" : $"{m.Ballot}"),
            PollResult m => new("PollResult", m.IsHeard ? $"{m.Ballot}, heard" : m.Age is null ? "hears nobody" : $"{m.Ballot}, known of"),
            LeaderChanged m => new("LeaderChanged", $"{m.Ballot}, {(m.IsActive ? "active" : "not active")}{(m.Via == NodeId.None ? "" : $", by way of {m.Via}")}"),
            Executed m => new("Executed", $"{m.SlotOut}"),
            Progress m => new("Progress", $"{m.SlotOut}"),
            CatchUp m => new("CatchUp", $"{m.FromSlot}"),
            Decisions m => new("Decisions", string.Join(' ', m.Entries.Select(d => d.Slot))),
            Truncate m => new("Truncate", $"{m.BelowSlot}"),
            _ => new(message.GetType().Name, ""),
        };

        string Text(Value value) => value.IsNoOp ? "no-op" : value.Configuration is { } configuration ? configuration.ToString() : text(value.Commands);
        string PValueText(PValue p) => $"{p.Slot}:{p.Ballot}:{Text(p.Value)}";
    }
}
