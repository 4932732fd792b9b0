using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Wire;

/// <summary>
/// The codecs of the journal's entries in journal.proto, in its order. Version 1 of each is without a checksum; <see cref="RecordCodec"/> makes
/// version 2 of it, which is what is written.
/// </summary>
internal static class JournalCodecs
{
    public static readonly Codec[] All =
    [
        Codec.Of<AcceptorPromised, Proto.AcceptorPromised>("AcceptorPromised/1",
            m => new() { Ballot = m.Ballot.ToProto() },
            p => new(p.Ballot.ToBallot())),
        Codec.Of<AcceptorAccepted, Proto.AcceptorAccepted>("AcceptorAccepted/1",
            m => new() { Pvalue = m.PValue.ToProto() },
            p => new(p.Pvalue.ToPValue())),
        Codec.Of<AcceptorTruncated, Proto.AcceptorTruncated>("AcceptorTruncated/1",
            m => new() { BelowSlot = m.BelowSlot, Promised = m.Promised.ToProto(), LongestLeaseTicks = m.LongestLease.Ticks },
            p => new(p.BelowSlot, p.Promised.ToBallot(), new TimeSpan(p.LongestLeaseTicks))),
        Codec.Of<LeaderRound, Proto.LeaderRound>("LeaderRound/1", m => new() { Round = m.Round }, p => new(p.Round)),
        Codec.Of<ReplicaSnapshotDue, Proto.ReplicaSnapshotDue>("ReplicaSnapshotDue/1", m => new() { SlotOut = m.SlotOut }, p => new(p.SlotOut)),
        Codec.Of<ReplicaSnapshot, Proto.ReplicaSnapshot>("ReplicaSnapshot/1",
            m => new() { SlotOut = m.SlotOut, State = m.State.ToProto() },
            p => new(p.SlotOut, p.State.Memory)),
        Codec.Of<DiskStarted, Proto.DiskStarted>("DiskStarted/1",
            m => new() { Start = m.Start.ToProto(), Adopted = m.IsAdopted },
            p => new(p.Start.ToDiskStart(), p.Adopted)),
        Codec.Of<DiskMark, Proto.DiskMark>("DiskMark/1", m => new() { Start = m.Start.ToProto() }, p => new(p.Start.ToDiskStart())),
        Codec.Of<DiskMarked, Proto.DiskMarked>("DiskMarked/1", m => new() { Number = m.Number }, p => new(p.Number)),
        Codec.Of<FoundingRecorded, Proto.FoundingRecorded>("FoundingRecorded/1",
            m => new() { Configuration = m.Configuration.ToProto() },
            p => new(Configuration.FromProto(p.Configuration))),
        Codec.Of<ClusterFounded, Proto.ClusterFounded>("ClusterFounded/1", _ => new(), _ => new()),
        Codec.Of<ClusterJoined, Proto.ClusterJoined>("ClusterJoined/1",
            m => new() { Founding = m.Founding.ToProto() },
            p => new(Configuration.FromProto(p.Founding))),
        Codec.Of<MembersChanged, Proto.MembersChanged>("MembersChanged/1",
            m => new() { Configurations = { m.Configurations.Select(c => c.ToProto()) } },
            p => new(p.Configurations.Select(Governing.FromProto).ToArray())),
        Codec.Of<PeerStarted, Proto.PeerStarted>("PeerStarted/1",
            m => new() { Node = m.Node.Value, Start = m.Start.ToProto() },
            p => new(new NodeId(p.Node), p.Start.ToDiskStart())),
    ];
}
