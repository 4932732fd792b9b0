using System.Globalization;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using AkkaPaxos.Consensus;
using AkkaPaxos.Hocon;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Node;

/// <summary>A node's settings: the section <c>akkapaxos</c> of its configuration, with reference.conf behind it.</summary>
public sealed class PaxosSettings
{
    private const string MemberExample = "{ id = 1, address = \"akka.tcp://akkapaxos@10.0.0.1:4053\" }";
    private static readonly string[] RolesOfReplica = ["snapshotter", "fetcher"];
    private const long AroundAMessage = 64 << 10;
    private readonly Type _stateMachine;

    /// <summary>Reads the settings.</summary>
    /// <param name="config">A whole configuration, with or without <see cref="DefaultConfig"/> behind it.</param>
    /// <exception cref="ConfigurationException">Something is missing or wrong; one line that names the key.</exception>
    public PaxosSettings(Config config)
    {
        var section = Section.Of(config.WithFallback(DefaultConfig()), "akkapaxos");
        var id = section.Whole("node-id", min: 0);
        if (id == 0) throw Wrong("node-id", " is not set; give this node its number among akkapaxos.members");
        NodeId = new NodeId(id);
        Group = section.Text("group");
        if (!ActorPath.IsValidPathElement(Group)) throw section.Wrong("group", "a name of letters, digits, - and _");
        Membership = ReadMembers(section, section.Long("window"));
        Address = Membership.Members.FirstOrDefault(m => m.Id == NodeId)?.Address
            ?? throw Wrong("node-id", $" = {id}: not among akkapaxos.members, which are {string.Join(", ", Membership.Members.Select(m => m.Id))}");
        Protocol = new ProtocolSettings(section.Config);
        Roles = section.Texts("roles");
        if (Roles.Count != Roles.Distinct().Count()) throw Wrong("roles", $" = [{string.Join(", ", Roles)}]: a role stands there twice");
        if (Roles.Contains("replica") && RolesOfReplica.Except(Roles).ToList() is { Count: > 0 } missing)
            throw Wrong("roles", $" = [{string.Join(", ", Roles)}]: a replica needs {string.Join(" and ", missing)} beside it; add what is missing");
        Registry = new RoleRegistry(section.Inner("role").Config, Roles);
        _stateMachine = RoleRegistry.Load(section.Text("state-machine"), "akkapaxos.state-machine", typeof(IStateMachine));
        if (_stateMachine.GetConstructor(Type.EmptyTypes) is null)
            throw Wrong("state-machine", $": class {_stateMachine.FullName} has no public constructor without parameters");
        JoinCluster = section.Switch("join-cluster");
        Recovers = section.Text("recover") switch
        {
            "automatic" => true,
            "manual" => false,
            _ => throw section.Wrong("recover", "automatic or manual"),
        };
        Links = LinkSettings.Read(config.WithFallback(DefaultConfig()), Address, Protocol);
        TraceSlots = section.Whole("trace-slots", min: 0);
        RandomSeed = section.Whole("random-seed", min: int.MinValue);
        IsDurabilityRelaxed = section.Text("durability") switch
        {
            "full" => false,
            "relaxed" => true,
            _ => throw section.Wrong("durability", "full or relaxed"),
        };
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

    /// <summary>Whether a node with an empty disk joins a cluster that is there, and is admitted with it, without an operator.</summary>
    public bool Recovers { get; }

    /// <summary>Whether the node joins its fellow members in an Akka cluster, where nothing else does.</summary>
    public bool JoinCluster { get; }

    /// <summary>How messages travel between nodes.</summary>
    internal LinkSettings Links { get; }

    /// <summary>The latest slots whose messages are kept for a trace; 0: none.</summary>
    public int TraceSlots { get; }

    /// <summary>Where the seed of random numbers comes from; 0: from the system.</summary>
    public int RandomSeed { get; }

    /// <summary>Whether <c>akkapaxos.durability</c> allows stores that may lose acknowledged writes when the machine fails.</summary>
    public bool IsDurabilityRelaxed { get; }

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

    /// <summary>Why the largest messages between nodes will not arrive; null where they will, or where the configuration is not one of remoting.</summary>
    /// <param name="config">A whole configuration, Akka's defaults in it or not.</param>
    public string? FrameProblem(Config config)
    {
        const string Key = "akka.remote.dot-netty.tcp.maximum-frame-size";
        if (!config.HasPath(Key) || HoconText.Size(config.GetString(Key)) is not { } frame) return null;
        (string Key, long Bytes)[] sizes =
            [("max-request-bytes", Protocol.MaxRequestBytes), ("batch.bytes", Protocol.BatchBytes), ("page-bytes", Protocol.PageBytes)];
        var largest = sizes.MaxBy(s => s.Bytes);
        return frame >= largest.Bytes + AroundAMessage
            ? null
            : $"{Key} = {config.GetString(Key)}: no room for messages of akkapaxos.{largest.Key} = {largest.Bytes} bytes; set it to {largest.Bytes + AroundAMessage} or more";
    }

    private static SettingException Wrong(string key, string what, Exception? cause = null) =>
        new($"akkapaxos.{key}", $"akkapaxos.{key}{what}", cause);

    private static Membership ReadMembers(Section section, long window)
    {
        var members = new List<Member>();
        foreach (var fields in section.Objects("members", $"a list of members like {MemberExample}"))
        {
            var (id, address) = (Section.TextOf(fields.GetValueOrDefault("id")), Section.TextOf(fields.GetValueOrDefault("address")));
            if (id is null || address is null || fields.Count > 2)
                throw Wrong("members", $": each is like {MemberExample}, not {{ {string.Join(", ", fields.Keys)} }}");
            if (!Akka.Actor.Address.TryParse(address, out _))
                throw Wrong("members", $": \"{address}\" is not an address like akka.tcp://akkapaxos@10.0.0.1:4053");
            if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
                throw Wrong("members", $": id: expected a whole number above 0, found \"{id}\"");
            members.Add(new Member(new NodeId(number), address));
        }
        if (members.Count == 0) throw Wrong("members", $" is not set; list every node: [{MemberExample}, ...]");
        try
        {
            return new Membership(new Configuration(members, window: window));
        }
        catch (ArgumentException e)
        {
            throw Wrong("members", $": {e.Message.Split(" (Parameter")[0]}", e);
        }
    }
}
