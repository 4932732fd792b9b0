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
                Problem = m.Problem,
            },
            p => new(new(p.From), p.Address, p.Members.Select(n => new Member(new(n.Id), n.Address)).ToArray(), p.Problem)),
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
}
