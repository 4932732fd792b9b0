using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Wire;

/// <summary>The codecs of the messages in wire.proto, in its order.</summary>
internal static class WireCodecs
{
    public static readonly Codec[] All =
    [
        // clients
        Codec.OfCommands<Request>("Request/1", m => m.Commands, commands => new(commands)),
        Codec.Of<Response, Proto.Response>("Response/1",
            m => new() { Replies = { m.Replies.Select(ToProto) }, Round = m.Round },
            p => new(p.Replies.Select(ToReply).ToArray(), p.Round)),
        Codec.Of<QueryRequest, Proto.QueryRequest>("QueryRequest/1",
            m => new()
            {
                Queries =
                {
                    m.Queries.Select(q => new Proto.Query { Id = q.Id, Serializable = q.Serializable, Operation = q.Operation.ToProto() }),
                },
            },
            p => new(p.Queries.Select(q => new Query(q.Id, q.Serializable, q.Operation.Memory)).ToArray())),
        Codec.Of<QueryResponse, Proto.QueryResponse>("QueryResponse/1",
            m => new() { Results = { m.Results.Select(ToProto) }, Round = m.Round },
            p => new(p.Results.Select(ToQueryResult).ToArray(), p.Round)),
        Codec.Of<FetchAnswer, Proto.FetchAnswer>("FetchAnswer/1", m => new() { Id = m.Id, Offset = m.Offset }, p => new(p.Id, p.Offset)),
        Codec.Of<AnswerPart, Proto.AnswerPart>("AnswerPart/1",
            m => new() { Id = m.Id, Offset = m.Offset, Bytes = m.Bytes.ToProto() },
            p => new(p.Id, p.Offset, p.Bytes.Memory)),
        Codec.Of<Withdraw, Proto.Withdraw>("Withdraw/1", m => new() { Ids = { m.Ids } }, p => new(p.Ids.ToArray())),

        // the protocol
        Codec.OfCommands<Forward>("Forward/1", m => m.Commands, commands => new(commands)),
        Codec.Of<Relay, Proto.Relay>("Relay/1",
            m => new() { Commands = new ReadOnlyMemory<byte>(CommandBatch.Encode(m.Commands)).ToProto(), Hops = m.Hops },
            p => new(CommandBatch.Decode(p.Commands.ToByteArray()), p.Hops)),
        Codec.Of<Reconfigure, Proto.Reconfigure>("Reconfigure/1",
            m => new()
            {
                Changes =
                {
                    m.Changes.Select(c => new Proto.MemberChange { Kind = (Proto.MemberChange.Types.Kind)c.Kind, Node = c.Node.Value, Address = c.Address, Disk = c.Disk.Value }),
                },
                Force = m.Force, Hops = m.Hops,
            },
            p => new(p.Changes.Select(c => new MemberChange((MemberChangeKind)c.Kind, new(c.Node), c.Address, new(c.Disk))).ToArray(), p.Force, p.Hops)),
        Codec.Of<Reconfigured, Proto.Reconfigured>("Reconfigured/1",
            m => new() { Refusal = m.Refusal, Configuration = m.Configuration?.ToProto() },
            p => new(p.Refusal, p.Configuration is { } configuration ? Configuration.FromProto(configuration) : null)),
        Codec.Of<Propose, Proto.Propose>("Propose/1",
            m => new() { Slot = m.Slot, Value = m.Value.ToProto() },
            p => new(p.Slot, p.Value.ToValue())),
        Codec.Of<Prepare, Proto.Prepare>("Prepare/1",
            m => new() { Ballot = m.Ballot.ToProto(), FromSlot = m.FromSlot },
            p => new(p.Ballot.ToBallot(), p.FromSlot)),
        Codec.Of<Promise, Proto.Promise>("Promise/1",
            m => new()
            {
                From = m.From.Value, Promised = m.Promised.ToProto(), FromSlot = m.FromSlot, NextSlot = m.NextSlot,
                TruncatedBelow = m.TruncatedBelow, Accepted = { m.Accepted.Select(v => v.ToProto()) }, Disk = m.Disk.Value,
            },
            p => new(new(p.From), p.Promised.ToBallot(), p.FromSlot, p.NextSlot, p.TruncatedBelow,
                p.Accepted.Select(v => v.ToPValue()).ToArray(), new(p.Disk))),
        Codec.Of<Accept, Proto.Accept>("Accept/1",
            m => new() { Pvalue = m.PValue.ToProto() },
            p => new(p.Pvalue.ToPValue())),
        Codec.Of<Accepted, Proto.Accepted>("Accepted/1",
            m => new() { From = m.From.Value, Promised = m.Promised.ToProto(), Slot = m.Slot, Disk = m.Disk.Value },
            p => new(new(p.From), p.Promised.ToBallot(), p.Slot, new(p.Disk))),
        Codec.Of<Decision, Proto.Decision>("Decision/1", ToProto, ToDecision),
        // The same bytes for both; the number of a poll says which.
        Codec.OfEither<Heartbeat, Proto.Heartbeat>("Heartbeat/1", m => new() { Ballot = m.Ballot.ToProto(), Scouting = m.IsScouting }, ToHeartbeatOrPoll),
        Codec.OfEither<Poll, Proto.Heartbeat>("Heartbeat/1",
            m => new() { Ballot = new Ballot(BelowAll, m.From).ToProto(), Scouting = true, Poll = m.Id },
            ToHeartbeatOrPoll),
        Codec.Of<PollResult, Proto.PollResult>("PollResult/1",
            m =>
            {
                var proto = new Proto.PollResult { From = m.From.Value, Id = m.Id, Ballot = m.Ballot.ToProto(), Heard = m.IsHeard };
                if (m.Age is { } age) proto.AgeMs = (long)age.TotalMilliseconds;
                return proto;
            },
            p => new(new(p.From), p.Id, p.Ballot.ToBallot(), p.Heard, p.HasAgeMs ? TimeSpan.FromMilliseconds(Math.Clamp(p.AgeMs, 0, int.MaxValue)) : null)),
        Codec.Of<Lead, Proto.Lead>("Lead/1", m => new() { Instead = m.Instead.ToProto() }, p => new(p.Instead.ToBallot())),
        Codec.Of<ReadIndex, Proto.ReadIndex>("ReadIndex/1", m => new() { Id = m.Id, Hops = m.Hops }, p => new(p.Id, p.Hops)),
        Codec.Of<ReadIndexResult, Proto.ReadIndexResult>("ReadIndexResult/1",
            m => new() { Id = m.Id, Slot = m.Slot, Round = m.Round },
            p => new(p.Id, p.Slot, p.Round)),
        Codec.Of<Confirm, Proto.Confirm>("Confirm/1",
            m => new() { Ballot = m.Ballot.ToProto(), Id = m.Id, LeaseTicks = m.Lease.Ticks },
            p => new(p.Ballot.ToBallot(), p.Id, new TimeSpan(p.LeaseTicks))),
        Codec.Of<Confirmed, Proto.Confirmed>("Confirmed/1",
            m => new() { From = m.From.Value, Promised = m.Promised.ToProto(), Id = m.Id, LeaseTicks = m.Lease.Ticks, Disk = m.Disk.Value },
            p => new(new(p.From), p.Promised.ToBallot(), p.Id, new TimeSpan(p.LeaseTicks), new(p.Disk))),

        // a replica that is behind
        Codec.Of<Progress, Proto.Progress>("Progress/1",
            m => new() { From = m.From.Value, SlotOut = m.SlotOut, SnapshotSlot = m.SnapshotSlot, Checksum = m.Checksum, Disk = m.Disk.Value },
            p => new(new(p.From), p.SlotOut, p.SnapshotSlot, p.Checksum, new(p.Disk))),
        Codec.Of<CatchUp, Proto.CatchUp>("CatchUp/1", m => new() { FromSlot = m.FromSlot, Waits = m.Waits }, p => new(p.FromSlot, p.Waits)),
        Codec.Of<Decisions, Proto.Decisions>("Decisions/1",
            m => new() { Entries = { m.Entries.Select(ToProto) } },
            p => new(p.Entries.Select(ToDecision).ToArray())),
        Codec.Of<SnapshotOffer, Proto.SnapshotOffer>("SnapshotOffer/1",
            m => new() { Slot = m.Slot, Size = m.Size },
            p => new(p.Slot, p.Size)),
        Codec.Of<FetchSnapshot, Proto.FetchSnapshot>("FetchSnapshot/1",
            m => new() { Slot = m.Slot, Offset = m.Offset },
            p => new(p.Slot, p.Offset)),
        Codec.Of<SnapshotChunk, Proto.SnapshotChunk>("SnapshotChunk/1",
            m => new() { Slot = m.Slot, Offset = m.Offset, Size = m.Size, Bytes = m.Bytes.ToProto() },
            p => new(p.Slot, p.Offset, p.Size, p.Bytes.Memory)),
    ];

    private const long BelowAll = -1; // as a round

    private static object ToHeartbeatOrPoll(Proto.Heartbeat p) =>
        p.Poll > 0 ? new Poll(new(p.Ballot?.Leader ?? 0), p.Poll) : new Heartbeat(p.Ballot.ToBallot(), p.Scouting);

    private static Proto.Reply ToProto(Reply r) => new()
    {
        Client = r.Client,
        Sequence = r.Sequence,
        Status = r.Status switch
        {
            ReplyStatus.Ok => Proto.Reply.Types.Status.Ok,
            ReplyStatus.SessionUnknown => Proto.Reply.Types.Status.SessionUnknown,
            ReplyStatus.Stale => Proto.Reply.Types.Status.Stale,
            ReplyStatus.TooLarge => Proto.Reply.Types.Status.TooLarge,
            ReplyStatus.NotExecuted => Proto.Reply.Types.Status.NotExecuted,
            _ => throw new FormatException($"a reply's status cannot be {r.Status}"),
        },
        Result = r.Result.ToProto(),
    };

    private static Reply ToReply(Proto.Reply r) => new(r.Client, r.Sequence, r.Status switch
    {
        Proto.Reply.Types.Status.Ok => ReplyStatus.Ok,
        Proto.Reply.Types.Status.SessionUnknown => ReplyStatus.SessionUnknown,
        Proto.Reply.Types.Status.Stale => ReplyStatus.Stale,
        Proto.Reply.Types.Status.TooLarge => ReplyStatus.TooLarge,
        Proto.Reply.Types.Status.NotExecuted => ReplyStatus.NotExecuted,
        _ => throw new FormatException($"a reply's status cannot be {(int)r.Status}"),
    }, r.Result.Memory);

    private static Proto.QueryResult ToProto(QueryResult r) => new()
    {
        Id = r.Id,
        Result = r.Result.ToProto(),
        Status = r.Status switch
        {
            QueryStatus.Ok => Proto.QueryResult.Types.Status.Ok,
            QueryStatus.Overloaded => Proto.QueryResult.Types.Status.Overloaded,
            QueryStatus.TooLarge => Proto.QueryResult.Types.Status.TooLarge,
            _ => throw new FormatException($"a question's status cannot be {r.Status}"),
        },
        More = r.Size - r.Result.Length,
    };

    private static QueryResult ToQueryResult(Proto.QueryResult r) => new(r.Id, r.Result.Memory, r.Status switch
    {
        Proto.QueryResult.Types.Status.Ok => QueryStatus.Ok,
        Proto.QueryResult.Types.Status.Overloaded => QueryStatus.Overloaded,
        Proto.QueryResult.Types.Status.TooLarge => QueryStatus.TooLarge,
        _ => throw new FormatException($"a question's status cannot be {(int)r.Status}"),
    }, r.Result.Length + Math.Max(0, r.More));

    private static Proto.Decision ToProto(Decision d)
    {
        var proto = new Proto.Decision { Slot = d.Slot, Ballot = d.Ballot.ToProto() };
        if (d.Value is not null) proto.Value = d.Value.ToProto();
        return proto;
    }

    private static Decision ToDecision(Proto.Decision d) => new(d.Slot, d.Ballot.ToBallot(), d.HasValue ? d.Value.ToValue() : null);
}
