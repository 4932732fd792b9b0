using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;

namespace Akka.Cluster.Serialization;

/// <summary>Addresses, versions and gossip to and from their messages. Input comes from the network: what does not fit is refused.</summary>
internal static class GossipCodec
{
    public static Proto.Node Node(Address address) => new()
    {
        Protocol = address.Protocol, System = address.System, Host = address.Host ?? "", Port = (uint)(address.Port ?? 0),
    };

    public static Proto.Node Node(UniqueAddress node)
    {
        var message = Node(node.Address);
        message.Uid = node.Uid;
        return message;
    }

    public static Address Address(Proto.Node? node) => node is null || node.Host.Length == 0
        ? throw new SerializationException("A cluster message names no node")
        : new Address(node.Protocol, node.System, node.Host, (int)node.Port);

    public static UniqueAddress Unique(Proto.Node? node) => new(Address(node), node!.Uid);

    public static Proto.Version Version(VectorClock clock) => new()
    {
        Entries = { clock.Versions.Select(v => new Proto.Version.Types.Entry { Node = v.Key.ToString(), Count = v.Value }) },
    };

    public static VectorClock Version(Proto.Version? version)
    {
        if (version is null) return VectorClock.Create();
        var versions = ImmutableSortedDictionary.CreateBuilder<VectorClock.Node, long>();
        foreach (var entry in version.Entries) versions[VectorClock.Node.FromHash(entry.Node)] = entry.Count;
        return VectorClock.Create(versions.ToImmutable());
    }

    public static Proto.Gossip Gossip(Gossip gossip)
    {
        var message = new Proto.Gossip { Version = Version(gossip.Version) };
        var nodes = new Dictionary<UniqueAddress, uint>();
        var roles = new Dictionary<string, uint>();

        uint NodeIndex(UniqueAddress node)
        {
            if (nodes.TryAdd(node, (uint)nodes.Count)) message.Nodes.Add(Node(node));
            return nodes[node];
        }

        uint RoleIndex(string role)
        {
            if (roles.TryAdd(role, (uint)roles.Count)) message.Roles.Add(role);
            return roles[role];
        }

        foreach (var m in gossip.Members)
            message.Members.Add(new Proto.Member
            {
                Node = NodeIndex(m.UniqueAddress),
                Status = (uint)m.Status,
                UpNumber = (uint)m.UpNumber,
                Roles = { m.Roles.Order(StringComparer.Ordinal).Select(RoleIndex) },
            });
        message.Seen.AddRange(gossip.SeenBy.Order().Select(NodeIndex));
        foreach (var (observer, version) in gossip.Reachability.Versions)
            message.Reachability.Add(new Proto.ObserverRows
            {
                Observer = NodeIndex(observer),
                Version = version,
                Rows =
                {
                    gossip.Reachability.Records.Where(r => r.Observer == observer)
                        .Select(r => new Proto.SubjectRow { Subject = NodeIndex(r.Subject), Status = (uint)r.Status, Version = r.Version }),
                },
            });
        return message;
    }

    public static Gossip Gossip(Proto.Gossip? message)
    {
        if (message is null) throw new SerializationException("A gossip message has no gossip");
        var nodes = message.Nodes.Select(Unique).ToArray();
        // One set for all members with the same roles is not worth the trouble; one string for each role is.
        var members = message.Members.Select(m => new Member(
            At(nodes, m.Node), (int)m.UpNumber, Status<MemberStatus>(m.Status), m.Roles.Select(r => At(message.Roles, r)).ToImmutableHashSet()));
        var versions = ImmutableSortedDictionary.CreateBuilder<UniqueAddress, long>();
        var records = ImmutableList.CreateBuilder<Reachability.Record>();
        foreach (var rows in message.Reachability)
        {
            var observer = At(nodes, rows.Observer);
            versions[observer] = rows.Version;
            foreach (var row in rows.Rows)
                records.Add(new Reachability.Record(
                    observer, At(nodes, row.Subject), Status<Reachability.ReachabilityStatus>(row.Status), row.Version));
        }
        return new Gossip(
            members.ToImmutableSortedSet(),
            message.Seen.Select(i => At(nodes, i)).ToImmutableHashSet(),
            new Reachability(records.ToImmutable(), versions.ToImmutable()),
            Version(message.Version));
    }

    private static T At<T>(IList<T> table, uint index) => index < table.Count
        ? table[(int)index]
        : throw new SerializationException($"A gossip message refers to entry {index} of a table with {table.Count}");

    private static T Status<T>(uint value) where T : struct, Enum => Enum.IsDefined(typeof(T), (int)value)
        ? (T)Enum.ToObject(typeof(T), (int)value)
        : throw new SerializationException($"A gossip message has the unknown {typeof(T).Name} {value}");
}
