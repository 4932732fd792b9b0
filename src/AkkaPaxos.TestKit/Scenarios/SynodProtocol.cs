using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.Node;
using AkkaPaxos.Synod;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Simulation;
using AkkaPaxos.TestKit.WrongDesigns;

namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>Single-decree Paxos, or one of the wrong designs: each role is a node of its own, so that each can crash alone.</summary>
internal sealed class SynodProtocol : Protocol
{
    private static readonly (string Kind, SynodRole Role, LifelineGroup Group)[] Kinds =
    [
        ("clients", SynodRole.Client, LifelineGroup.Client), ("proposers", SynodRole.Proposer, LifelineGroup.Proposer),
        ("acceptors", SynodRole.Acceptor, LifelineGroup.Acceptor), ("learners", SynodRole.Learner, LifelineGroup.Learner),
    ];

    private readonly WrongDesign? _design;
    private readonly SynodSettings _settings;

    public SynodProtocol(Declarations declared, WrongDesign? design) : base(declared)
    {
        _design = design;
        foreach (var (kind, _, group) in Kinds)
            foreach (var name in declared.Of(kind))
                if (name != new Lifeline(group, 1).Name[..1] + name[1..])
                    throw new FormatException($"\"{name}\", expected a name like {new Lifeline(group, 1)} for one of the {kind}");
        foreach (var kind in (string[])["clients", "proposers", "acceptors", "learners"])
            if (declared.Of(kind).Count == 0) throw new FormatException($"no {kind} are declared");
        if (declared.Of("nodes").Count > 0)
            throw new FormatException($"protocol {declared.Protocol} has clients, proposers, acceptors and learners, no nodes");
        Participants =
            [.. Kinds.SelectMany(k => declared.Of(k.Kind).Select(n => new Participant(n, n, SynodLink.Name(k.Role), [LineOf(k.Group, n)])))];
        _settings = new SynodSettings(
            ConfigurationFactory.ParseString($"akkapaxos.synod {{\n{string.Join('\n', declared.Settings)}\n}}")
                .WithFallback(PaxosSettings.DefaultConfig()).GetConfig("akkapaxos.synod"));
    }

    public override IReadOnlyList<Participant> Participants { get; }

    public override int Acceptors => Declared.Of("acceptors").Count;

    public override void Start(SteppingNetwork network)
    {
        foreach (var who in Participants) network.AddNode(who.Node, start => [new SimulatedRole(who.Role, RoleOf(who, start, "scenario"))]);
        foreach (var past in Declared.Past) Use(network, past);
    }

    /// <summary>Whether proposal numbers are ordered and acceptors promise: in the wrong designs numbers only name proposals.</summary>
    public bool HasPromises => _design is null;

    /// <summary>How a participant's actor is made.</summary>
    /// <param name="who">The participant.</param>
    /// <param name="start">Its node.</param>
    /// <param name="instance">The decree's name: part of the persistence id.</param>
    public Props RoleOf(Participant who, NodeStart start, string instance)
    {
        var role = Kinds.First(k => SynodLink.Name(k.Role) == who.Role).Role;
        if (!Declared.Doubles.TryGetValue(role, out var type))
            type = role switch
            {
                SynodRole.Client => typeof(Client),
                SynodRole.Proposer => _design?.Proposer ?? typeof(Proposer),
                SynodRole.Acceptor => _design?.Acceptor ?? typeof(Acceptor),
                _ => typeof(Learner),
            };
        return Props.Create(type, Context(who, start, instance));
    }

    public override void Propose(SteppingNetwork network, Participant client, Participant to, string value) =>
        network.Tell(client.Node, client.Role, new Submit(value, new NodeId(Declarations.Number(to.Name))));

    public override void Elect(SteppingNetwork network, Participant who) => network.Tell(who.Node, who.Role, Lead.Instance);

    public override MessageLabel Label(object message) => message switch
    {
        Request m => new("Request", m.Value),
        Response m => new("Response", m.Value),
        Prepare m => new("Prepare", $"{m.Ballot}"),
        Promise m => new("Promise", $"{m.Ballot}", m.Accepted is { } accepted ? $"{accepted.Ballot}:{accepted.Value}" : "null"),
        Accept m => new("Accept", $"{m.Ballot}, {m.Value}"),
        Accepted m => new("Accepted", $"{m.Ballot}, {m.Value}"),
        Nack m => new("Nack", $"{m.Promised}"),
        Chosen m => new("Chosen", $"{m.Ballot}, {m.Value}"),
        _ => new(message.GetType().Name, ""),
    };

    public override Lifeline Line(string node, string role, string message) => Participants.First(p => p.Node == node).Lines[0];

    public override Vote? VoteIn(MessageInFlight message) =>
        message.Message is Accepted m ? new Vote(0, $"{m.Ballot}", m.Value, message.From) : null;

    public override string State(SteppingNetwork network, Participant who)
    {
        if (network.Ask(who.Node, who.Role, AskState.Instance) is not [var state]) return "does not answer";
        var text = state.ToString()!;
        text = text[(text.IndexOf(':') + 2)..];
        return state is ProposerState ? $"phase={text}" : text;
    }

    private SynodContext Context(Participant who, NodeStart start, string instance)
    {
        var peers = new SynodPeers(Ids("clients"), Ids("proposers"), Ids("acceptors"), Ids("learners"), Find);
        // Each proposer has a seed of its own, so that their delays part them.
        return new SynodContext(new NodeId(Declarations.Number(who.Name)), instance, peers, _settings, Declarations.Number(who.Name));

        IActorRef Find(SynodRole role, NodeId id)
        {
            var kind = Kinds.First(k => k.Role == role).Kind;
            var name = Declared.Of(kind).FirstOrDefault(n => Declarations.Number(n) == id.Value);
            return name is null ? ActorRefs.Nobody : start.Peer(name, SynodLink.Name(role));
        }

        IEnumerable<NodeId> Ids(string kind) => Declared.Of(kind).Select(n => new NodeId(Declarations.Number(n)));
    }

    /// <summary>A former life: the proposer tries, nobody hears of it, and it crashes; what stays is the round in its journal.</summary>
    private static void Use(SteppingNetwork network, PastDeclaration past)
    {
        for (var round = 0; round < past.Round; round++)
        {
            network.Tell(past.Name, "proposer", Lead.Instance);
            foreach (var message in network.InFlight) network.Drop(message.Id);
            network.Crash(past.Name);
            network.Restart(past.Name);
        }
    }

    private static Lifeline LineOf(LifelineGroup group, string name) => new(group, name.Length == 1 ? 0 : Declarations.Number(name));
}
