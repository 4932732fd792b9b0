using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>The real MultiPaxos roles for simulated nodes n1, n2, ...: acceptor, snapshotter, replica, fetcher, leader and admission on each.</summary>
public static class MultiPaxosNode
{
    private static readonly (string Name, Type Class)[] Product =
    [
        ("acceptor", typeof(Acceptor)), ("snapshotter", typeof(Snapshotter)), ("replica", typeof(Replica)), ("fetcher", typeof(Fetcher)),
        ("leader", typeof(Leader)), ("admission", typeof(Admission)),
    ];

    // What these say within their node is never held: no figure of a paper shows it.
    private static readonly string[] Beside = ["snapshotter", "fetcher", "admission"];

    /// <summary>The roles of every node, by name.</summary>
    internal static IReadOnlyList<string> ProductRoles { get; } = [.. Product.Select(p => p.Name)];

    /// <summary>The configuration with which nodes 1 to <paramref name="nodes"/> found a cluster.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="window">Slots between a change of the members and its effect.</param>
    public static Configuration Founding(int nodes, long window = Configuration.DefaultWindow) =>
        Founding(nodes, window, _ => DiskId.None);

    /// <summary>The same of nodes whose disks are known.</summary>
    internal static Configuration Founding(int nodes, long window, Func<int, DiskId> disk) =>
        new(Enumerable.Range(1, nodes).Select(id => new Member(new NodeId(id), $"akka://n{id}", Disk: disk(id))), window: window);

    /// <summary>The defaults of reference.conf, changed by <paramref name="hocon"/>: keys of <c>akkapaxos</c>, such as <c>window = 4</c>.</summary>
    public static ProtocolSettings Settings(string hocon = "") =>
        new(ConfigurationFactory.ParseString(hocon).WithFallback(PaxosSettings.DefaultConfig().GetConfig("akkapaxos")));

    /// <summary>The roles of one node, for <see cref="SteppingNetwork.AddNode"/>.</summary>
    /// <param name="node">What the network hands to the factory.</param>
    /// <param name="self">The node's number; it must be named n and this number.</param>
    /// <param name="founding">Who founded the cluster.</param>
    /// <param name="settings">The protocol's settings.</param>
    /// <param name="stateMachine">Makes an empty application.</param>
    /// <param name="seed">Where the seeds of its roles' random numbers come from.</param>
    /// <param name="classes">
    /// Roles of one's own by name, as <c>akkapaxos.role</c> registers them: actors with a public constructor that takes a
    /// <see cref="RoleContext"/>. One named like a role of the product takes its place; any other runs beside them.
    /// </param>
    /// <param name="disk">The disk that the node has.</param>
    public static IEnumerable<SimulatedRole> Roles(
        NodeStart node, int self, Configuration founding, ProtocolSettings settings, Func<IStateMachine> stateMachine, int seed = 1,
        IReadOnlyDictionary<string, Type>? classes = null, DiskId disk = default)
    {
        var (peers, direct) = (node.Peers(), node.DirectPeers());
        var membership = new Membership(founding); // what it learns of others is lost when the node ends
        foreach (var (name, role) in Classes(classes))
        {
            // Differs by node, role and start, so that a leader which comes back does not wait just as long as before.
            var ownSeed = name.Aggregate(seed, (s, c) => unchecked(s * 31 + c));
            ownSeed = unchecked((ownSeed * 31 + self) * 31 + node.Number);
            var context = new RoleContext(new NodeId(self), "default", membership, Beside.Contains(name) ? direct : peers, settings, stateMachine, ownSeed) { Disk = disk };
            yield return new SimulatedRole(name, Props.Create(role, context));
        }
    }

    private static IEnumerable<(string Name, Type Class)> Classes(IReadOnlyDictionary<string, Type>? own)
    {
        own ??= new Dictionary<string, Type>();
        var added = own.Where(o => Product.All(p => p.Name != o.Key)).OrderBy(o => o.Key, StringComparer.Ordinal);
        return [.. Product.Select(p => (p.Name, own.GetValueOrDefault(p.Name, p.Class))), .. added.Select(o => (o.Key, o.Value))];
    }
}
