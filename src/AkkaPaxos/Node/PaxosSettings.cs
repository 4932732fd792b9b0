using System.Globalization;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Serialization;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Node;

/// <summary>A node's settings: the section <c>akkapaxos</c> of its configuration, with reference.conf behind it.</summary>
public sealed class PaxosSettings
{
    private const string MemberExample = "{ id = 1, address = \"akka.tcp://akkapaxos@10.0.0.1:4053\" }";
    private readonly Type _stateMachine;

    /// <summary>Reads the settings.</summary>
    /// <param name="config">A whole configuration, with or without <see cref="DefaultConfig"/> behind it.</param>
    /// <exception cref="ConfigurationException">Something is missing or wrong; one line that names the key.</exception>
    public PaxosSettings(Config config)
    {
        var section = config.WithFallback(DefaultConfig()).GetConfig("akkapaxos");
        var id = Number(section.GetValue("node-id"), "akkapaxos.node-id");
        if (id <= 0)
            throw new ConfigurationException(id == 0
                ? "akkapaxos.node-id is not set; give this node its number among akkapaxos.members"
                : $"akkapaxos.node-id = {id}: must be a positive number");
        NodeId = new NodeId(id);
        Group = section.GetString("group");
        if (!ActorPath.IsValidPathElement(Group))
            throw new ConfigurationException($"akkapaxos.group = \"{Group}\": must be a name of letters, digits, - and _");
        Membership = ReadMembers(section);
        Address = Membership.Members.FirstOrDefault(m => m.Id == NodeId)?.Address
            ?? throw new ConfigurationException(
                $"akkapaxos.node-id = {id}: not among akkapaxos.members, which are {string.Join(", ", Membership.Members.Select(m => m.Id))}");
        Protocol = new ProtocolSettings(section);
        Roles = [.. section.GetStringList("roles")];
        if (Roles.Count != Roles.Distinct().Count())
            throw new ConfigurationException($"akkapaxos.roles = [{string.Join(", ", Roles)}]: a role stands there twice");
        Registry = new RoleRegistry(section.GetConfig("role"), Roles);
        _stateMachine = RoleRegistry.Load(section.GetString("state-machine"), "akkapaxos.state-machine", typeof(IStateMachine));
        if (_stateMachine.GetConstructor(Type.EmptyTypes) is null)
            throw new ConfigurationException($"akkapaxos.state-machine: class {_stateMachine.FullName} has no public constructor without parameters");
        JoinCluster = section.GetBoolean("join-cluster");
        TraceSlots = Number(section.GetValue("trace-slots"), "akkapaxos.trace-slots");
        RandomSeed = Number(section.GetValue("random-seed"), "akkapaxos.random-seed");
        var count = Membership.Members.Count;
        if (count % 2 == 0)
            Warning = $"akkapaxos.members: {count} acceptors tolerate no more failures than {count - 1} would; an odd number is better";
    }

    /// <summary>reference.conf: every key of <c>akkapaxos</c> with its default, and the serializer's bindings.</summary>
    public static Config DefaultConfig() => ConfigurationFactory.FromResource("AkkaPaxos.reference.conf", typeof(PaxosSettings).Assembly);

    /// <summary>An actor system makes its serializers when it is created, so the bindings must have been there then.</summary>
    /// <exception cref="ConfigurationException">They were not.</exception>
    internal static void RequireSerializer(ActorSystem system)
    {
        Serializer? serializer = null;
        try
        {
            serializer = system.Serialization.FindSerializerForType(typeof(Request));
        }
        catch (SerializationException)
        {
            // There is none at all, not even one for any object.
        }
        if (serializer is not PaxosSerializer)
            throw new ConfigurationException(
                "this actor system does not know AkkaPaxos' messages: create it with a configuration that ends in "
                + ".WithFallback(PaxosSettings.DefaultConfig())");
    }

    /// <summary>This node's number.</summary>
    public NodeId NodeId { get; }

    /// <summary>The log's name.</summary>
    public string Group { get; }

    /// <summary>Who takes part.</summary>
    public Membership Membership { get; }

    /// <summary>This node's address, as the members' list has it.</summary>
    public string Address { get; }

    /// <summary>What roles read.</summary>
    public ProtocolSettings Protocol { get; }

    /// <summary>The roles that this node runs, by name.</summary>
    public IReadOnlyList<string> Roles { get; }

    /// <summary>Which classes fill them.</summary>
    public RoleRegistry Registry { get; }

    /// <summary>Whether the node joins its fellow members in an Akka cluster, where nothing else does.</summary>
    public bool JoinCluster { get; }

    /// <summary>The latest slots whose messages are kept for a trace; 0: none.</summary>
    public int TraceSlots { get; }

    /// <summary>Where the seed of random numbers comes from; 0: from the system.</summary>
    public int RandomSeed { get; }

    /// <summary>What works, but is unwise; null where nothing is.</summary>
    public string? Warning { get; }

    /// <summary>Makes an empty application.</summary>
    public IStateMachine NewStateMachine() => (IStateMachine)Activator.CreateInstance(_stateMachine)!;

    /// <summary>The seed of a role's random numbers: differs by node and role, and repeats where <see cref="RandomSeed"/> is set.</summary>
    internal int Seed(string role)
    {
        var seed = RandomSeed != 0 ? RandomSeed : Random.Shared.Next(1, int.MaxValue);
        foreach (var c in role) seed = unchecked(seed * 31 + c);
        return unchecked(seed * 31 + NodeId.Value);
    }

    private static int Number(HoconValue value, string key) =>
        int.TryParse(value.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ConfigurationException($"{key} = {OneLine(value)}: must be a whole number");

    private static string OneLine(HoconValue value) => string.Join(' ', $"{value}".Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static Membership ReadMembers(Config section)
    {
        var members = new List<Member>();
        foreach (var entry in section.GetValue("members").GetArray())
        {
            var member = entry.IsObject() ? entry.GetObject() : null;
            if (member?.GetKey("id") is not { } id || member.GetKey("address")?.GetString() is not { } address)
                throw new ConfigurationException($"akkapaxos.members: each is like {MemberExample}, not {OneLine(entry)}");
            if (!Akka.Actor.Address.TryParse(address, out _))
                throw new ConfigurationException($"akkapaxos.members: \"{address}\" is not an address like akka.tcp://akkapaxos@10.0.0.1:4053");
            members.Add(new Member(new NodeId(Number(id, "akkapaxos.members: id")), address));
        }
        if (members.Count == 0) throw new ConfigurationException($"akkapaxos.members is not set; list every node: [{MemberExample}, ...]");
        try
        {
            return new Membership(members);
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException($"akkapaxos.members: {e.Message.Split(" (Parameter")[0]}", e);
        }
    }
}
