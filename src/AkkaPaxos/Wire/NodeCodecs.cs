using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.Node;

namespace AkkaPaxos.Wire;

/// <summary>The codecs of the messages in node.proto and links.proto, in their order.</summary>
internal static class NodeCodecs
{
    public static readonly Codec[] All =
    [
        Codec.Of<Hello, Proto.Hello>("Hello/1",
            m => new()
            {
                From = m.From.Value, Address = m.Address, Members = { m.Members.Select(n => new Proto.Member { Id = n.Id.Value, Address = n.Address }) },
                Problem = m.Problem, Disk = m.Disk is { } disk ? ToProto(disk) : null,
            },
            p => new(new(p.From), p.Address, p.Members.Select(n => new Member(new(n.Id), n.Address)).ToArray(), p.Problem, p.Disk is { } disk ? ToClaim(disk) : null)),
        Codec.Of<Welcome, Proto.Welcome>("Welcome/1", m => new() { From = m.From.Value }, p => new(new(p.From))),
        Codec.Of<Refused, Proto.Refused>("Refused/1",
            m => new() { From = m.From.Value, Reason = m.Reason },
            p => new(new(p.From), p.Reason)),
        Codec.Of<ClusterView, Proto.ClusterView>("ClusterView/1",
            m => new() { From = m.From.Value, Incarnation = m.Incarnation, Sees = { m.Sees }, Favours = m.Favours.Value },
            p => new(new(p.From), p.Incarnation, p.Sees.ToArray(), new(p.Favours))),

        Codec.Of<FindLink, Proto.FindLink>("FindLink/1", _ => new(), _ => new()),
        Codec.Of<LinkAt, Proto.LinkAt>("LinkAt/1", m => new() { Port = m.Port }, p => new(p.Port)),
    ];

    public static Proto.DiskStart ToProto(this DiskStart start) => new() { Disk = start.Disk.Value, Number = start.Number, Incarnation = start.Incarnation };

    public static DiskStart ToDiskStart(this Proto.DiskStart? start) =>
        start is null ? throw new FormatException("the start of a disk is missing") : new DiskStart(new DiskId(start.Disk), start.Number, start.Incarnation);

    private static Proto.DiskClaim ToProto(DiskClaim claim) => new()
    {
        Stage = (Proto.DiskClaim.Types.Stage)claim.Stage, Start = claim.Start.ToProto(), Window = claim.Window, Founding = claim.Founding?.ToProto(),
        Known = { claim.Known.Select(k => new Proto.KnownStart { Node = k.Node.Value, Start = k.Start.ToProto(), By = { k.By.Select(n => n.Value) } }) },
        Configurations = { claim.Configurations?.Entries.Select(c => c.ToProto()) ?? [] },
    };

    // A stage that a later release may add counts for nothing here.
    private static DiskClaim ToClaim(Proto.DiskClaim claim) => new(
        Enum.IsDefined((DiskStage)claim.Stage) ? (DiskStage)claim.Stage : DiskStage.Unknown,
        claim.Start.ToDiskStart(),
        claim.Window,
        claim.Founding is { } founding ? Configuration.FromProto(founding) : null,
        claim.Known.Select(k => new KnownStart(new NodeId(k.Node), k.Start.ToDiskStart(), k.By.Select(n => new NodeId(n)).ToArray())).ToArray(),
        claim.Configurations.Count > 0 ? ConfigurationHistory.Of(claim.Configurations.Select(Governing.FromProto)) : null);
}
