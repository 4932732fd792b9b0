using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster.Serialization;

/// <summary>The cluster's messages in Protocol Buffers; GossipCodec does the larger ones.</summary>
public class ClusterMessageSerializer : SerializerWithStringManifest
{
    private const string JoinManifest = "J";
    private const string WelcomeManifest = "W";
    private const string LeaveManifest = "L";
    private const string DownManifest = "D";
    private const string InitJoinManifest = "IJ";
    private const string InitJoinAckManifest = "IJA";
    private const string InitJoinNackManifest = "IJN";
    private const string HeartbeatManifest = "HB";
    private const string HeartbeatRspManifest = "HBR";
    private const string ExitingConfirmedManifest = "EC";
    private const string GossipStatusManifest = "GS";
    private const string GossipEnvelopeManifest = "GE";

    public ClusterMessageSerializer(ExtendedActorSystem system) : base(system)
    {
    }

    public override string Manifest(object o) => o switch
    {
        Join => JoinManifest,
        Welcome => WelcomeManifest,
        ClusterUserAction.Leave => LeaveManifest,
        ClusterUserAction.Down => DownManifest,
        InitJoin => InitJoinManifest,
        InitJoinAck => InitJoinAckManifest,
        InitJoinNack => InitJoinNackManifest,
        Heartbeat => HeartbeatManifest,
        HeartbeatRsp => HeartbeatRspManifest,
        ExitingConfirmed => ExitingConfirmedManifest,
        GossipStatus => GossipStatusManifest,
        GossipEnvelope => GossipEnvelopeManifest,
        _ => throw Unknown(o.GetType().FullName),
    };

    public override byte[] ToBinary(object obj) => Message(obj).ToByteArray();

    public override object FromBinary(byte[] bytes, string manifest)
    {
        switch (manifest)
        {
            case HeartbeatManifest:
                var ping = Proto.Heartbeat.Parser.ParseFrom(bytes);
                return new Heartbeat(GossipCodec.Address(ping.From), ping.SequenceNr);
            case HeartbeatRspManifest:
                var pong = Proto.Heartbeat.Parser.ParseFrom(bytes);
                return new HeartbeatRsp(GossipCodec.Unique(pong.From), pong.SequenceNr);
            case GossipStatusManifest:
                var status = Proto.GossipStatus.Parser.ParseFrom(bytes);
                return new GossipStatus(GossipCodec.Unique(status.From), GossipCodec.Version(status.Version));
            case GossipEnvelopeManifest:
                var envelope = Proto.GossipEnvelope.Parser.ParseFrom(bytes);
                return new GossipEnvelope(GossipCodec.Unique(envelope.From), GossipCodec.Unique(envelope.To), GossipCodec.Gossip(envelope.Gossip));
            case WelcomeManifest:
                var welcome = Proto.GossipEnvelope.Parser.ParseFrom(bytes);
                return new Welcome(GossipCodec.Unique(welcome.From), GossipCodec.Gossip(welcome.Gossip));
            case JoinManifest:
                var join = Proto.Join.Parser.ParseFrom(bytes);
                return new Join(GossipCodec.Unique(join.Node), join.Roles.ToImmutableHashSet());
            case InitJoinManifest:
                return new InitJoin();
            case InitJoinAckManifest:
                return new InitJoinAck(AddressIn(bytes));
            case InitJoinNackManifest:
                return new InitJoinNack(AddressIn(bytes));
            case LeaveManifest:
                return new ClusterUserAction.Leave(AddressIn(bytes));
            case DownManifest:
                return new ClusterUserAction.Down(AddressIn(bytes));
            case ExitingConfirmedManifest:
                return new ExitingConfirmed(GossipCodec.Unique(Proto.Node.Parser.ParseFrom(bytes)));
            default:
                throw Unknown(manifest);
        }
    }

    private static IMessage Message(object obj) => obj switch
    {
        Heartbeat m => new Proto.Heartbeat { From = GossipCodec.Node(m.From), SequenceNr = m.SequenceNr },
        HeartbeatRsp m => new Proto.Heartbeat { From = GossipCodec.Node(m.From), SequenceNr = m.SequenceNr },
        GossipStatus m => new Proto.GossipStatus { From = GossipCodec.Node(m.From), Version = GossipCodec.Version(m.Version) },
        GossipEnvelope m => new Proto.GossipEnvelope
        {
            From = GossipCodec.Node(m.From), To = GossipCodec.Node(m.To), Gossip = GossipCodec.Gossip(m.Gossip),
        },
        Welcome m => new Proto.GossipEnvelope { From = GossipCodec.Node(m.From), Gossip = GossipCodec.Gossip(m.Gossip) },
        Join m => new Proto.Join { Node = GossipCodec.Node(m.Node), Roles = { m.Roles.Order(StringComparer.Ordinal) } },
        InitJoin => new Proto.Node(),
        InitJoinAck m => GossipCodec.Node(m.Address),
        InitJoinNack m => GossipCodec.Node(m.Address),
        ClusterUserAction.Leave m => GossipCodec.Node(m.Address),
        ClusterUserAction.Down m => GossipCodec.Node(m.Address),
        ExitingConfirmed m => GossipCodec.Node(m.Address),
        _ => throw Unknown(obj.GetType().FullName),
    };

    private static Address AddressIn(byte[] bytes) => GossipCodec.Address(Proto.Node.Parser.ParseFrom(bytes));

    private static SerializationException Unknown(string? what) =>
        new($"{nameof(ClusterMessageSerializer)} knows no message [{what}]; do all nodes run the same version?");
}
