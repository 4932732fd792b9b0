using System.Buffers.Binary;
using System.Text;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>
/// Multi-Paxos: a node has a replica r1, a leader l1 and an acceptor a1, and crashes with all three. What they tell each other waits like what goes
/// between nodes. A leader's scouts and commanders speak as the leader.
/// </summary>
internal sealed class MultiPaxosProtocol : Protocol
{
    private readonly Configuration _founding;
    private readonly ProtocolSettings _settings;
    private readonly Dictionary<string, Words> _applications = [];
    private long _tokens;
    private readonly Dictionary<string, long> _sequences = [];

    public MultiPaxosProtocol(Declarations declared) : base(declared)
    {
        var (nodes, clients) = (declared.Of("nodes"), declared.Of("clients"));
        if (nodes.Count == 0) throw new FormatException("no nodes are declared");
        if (!nodes.SequenceEqual(Enumerable.Range(1, nodes.Count).Select(i => $"n{i}")))
            throw new FormatException($"\"{string.Join(' ', nodes)}\", expected n1 n2 and so on");
        if (clients.FirstOrDefault(c => c[0] != 'c') is { } wrong)
            throw new FormatException($"\"{wrong}\", expected a name like c1 for one of the clients");
        foreach (var kind in (string[])["proposers", "acceptors", "learners"])
            if (declared.Of(kind).Count > 0) throw new FormatException($"protocol multipaxos has clients and nodes, no {kind}");
        if (declared.Past.Count > 0) throw new FormatException("only proposers of synod have a past: elect and crash leaders instead");
        _founding = MultiPaxosNode.Founding(nodes.Count);
        _settings = MultiPaxosNode.Settings(string.Join('\n', declared.Settings));

        List<Participant> all = [.. clients.Select(c => new Participant(c, c, "client", [ClientLine(c)]))];
        for (var id = 1; id <= nodes.Count; id++)
        {
            Lifeline[] replica = [new(LifelineGroup.Replica, id), new(LifelineGroup.LearningReplica, id)];
            Lifeline[] rest = [new(LifelineGroup.Leader, id), new(LifelineGroup.Acceptor, id)];
            all.Add(new Participant($"r{id}", $"n{id}", "replica", replica));
            all.Add(new Participant($"l{id}", $"n{id}", "leader", rest[..1]));
            all.Add(new Participant($"a{id}", $"n{id}", "acceptor", rest[1..]));
            all.Add(new Participant($"n{id}", $"n{id}", "", [.. replica, .. rest]));
        }
        Participants = all;
    }

    public override IReadOnlyList<Participant> Participants { get; }

    public override int Acceptors => _founding.Members.Count;

    public override void Start(SteppingNetwork network)
    {
        foreach (var client in Declared.Of("clients")) network.AddClient(client);
        foreach (var member in _founding.Members)
            network.AddNode(
                $"n{member.Id}", start => MultiPaxosNode.Roles(start, member.Id.Value, _founding, _settings, () => Application(start.Name)),
                holdOwnMessages: true);
    }

    // A client's first command asks for a session, and is not executed; those after its answer belong to the session.
    public override void Propose(SteppingNetwork network, Participant client, Participant to, string value)
    {
        var session = network.Received(client.Name).OfType<Response>().SelectMany(r => r.Replies)
            .FirstOrDefault(r => r is { Client: 0, Status: ReplyStatus.Ok }) is { } opened
            ? BinaryPrimitives.ReadInt64BigEndian(opened.Result.Span) : 0;
        var sequence = session == 0 ? ++_tokens : _sequences[client.Name] = _sequences.GetValueOrDefault(client.Name) + 1;
        network.Send(client.Node, to.Node, "replica", new Request([new Command(session, sequence, 1, Encoding.UTF8.GetBytes(value))]));
    }

    public override void Elect(SteppingNetwork network, Participant who)
    {
        if (!network.Timers.Any(t => t.Node == who.Node && t is { Role: "leader", Key: "Silence" }))
            throw new InvalidOperationException($"{who.Name} does not watch: it leads or tries to lead");
        network.Ask(who.Node, who.Role, Lead.InsteadOfAnybody);
    }

    public override MessageLabel Label(object message) => MultiPaxosLabels.Of(message, Text);

    public override Lifeline Line(string node, string role, string message) =>
        role == "client" ? ClientLine(node)
        : RoleLifelines.Of(role.Split('/')[0], Declarations.Number(node), message);

    // An acceptor tells the replica beside it what it has accepted.
    public override Vote? VoteIn(MessageInFlight message) =>
        message.Message is Learned { PValue: var p } ? new Vote(p.Slot, $"{p.Ballot}", Text(p.Value), $"a{Declarations.Number(message.From)}") : null;

    public override string State(SteppingNetwork network, Participant who)
    {
        switch (who.Role)
        {
            case "replica":
                if (network.Ask(who.Node, who.Role, GetReplicaStatus.Instance) is not [ReplicaStatus s]) return "does not answer";
                return $"slotIn={s.SlotIn} slotOut={s.SlotOut} ballot={s.Ballot} led={(s.IsLed ? "yes" : "no")} proposals={s.Proposals} " +
                       $"queued={s.Queued} executed=[{string.Join("; ", _applications[who.Node].Executed)}]";
            case "leader":
                return $"round={Journal(network, who).OfType<LeaderRound>().Select(r => r.Round).DefaultIfEmpty().Max()}";
            case "acceptor":
                var journal = Journal(network, who);
                var accepted = new SortedDictionary<long, PValue>();
                var promised = Ballot.Bottom;
                foreach (var e in journal)
                {
                    var ballot = e switch
                    {
                        AcceptorPromised p => p.Ballot,
                        AcceptorAccepted a => a.PValue.Ballot,
                        AcceptorTruncated t => t.Promised,
                        _ => Ballot.Bottom,
                    };
                    if (ballot > promised) promised = ballot;
                    if (e is AcceptorAccepted { PValue: var p2 }) accepted[p2.Slot] = p2;
                }
                return $"promised={promised} accepted=[{string.Join("; ", accepted.Values.Select(Text))}]";
            default:
                throw new InvalidOperationException($"{who.Name} has no state of its own: its roles have");
        }
    }

    private static IReadOnlyList<object> Journal(SteppingNetwork network, Participant who) =>
        network.Journal(who.Node, $"paxos-default-{Declarations.Number(who.Name)}-{who.Role}");

    private Words Application(string node) => _applications[node] = new Words();

    private static string Text(PValue p) => $"{p.Slot}:{p.Ballot}:{Text(p.Value)}";

    private static string Text(Value value) => value.IsNoOp ? "no-op" : value.Configuration is { } configuration ? configuration.ToString() : Text(value.Commands);

    private static string Text(IReadOnlyList<Command> commands) => string.Join('+', commands.Select(c => Encoding.UTF8.GetString(c.Operation.Span)));

    private static Lifeline ClientLine(string name) => new(LifelineGroup.Client, name.Length == 1 ? 0 : Declarations.Number(name));

    /// <summary>An application that shows what was executed, in order.</summary>
    private sealed class Words : IStateMachine
    {
        private readonly List<string> _executed = [];

        public IReadOnlyList<string> Executed => _executed;

        public ulong Checksum => _executed.Aggregate(17UL, (sum, word) => word.Aggregate(unchecked(sum * 31), (s, c) => unchecked(s * 31 + c)));

        public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
        {
            _executed.Add(Encoding.UTF8.GetString(operation.Span));
            return operation;
        }

        public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => Encoded();

        public Func<byte[]> Snapshot()
        {
            var encoded = Encoded();
            return () => encoded;
        }

        private byte[] Encoded() => Encoding.UTF8.GetBytes(string.Join('\n', _executed));

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
            _executed.Clear();
            if (!snapshot.IsEmpty) _executed.AddRange(Encoding.UTF8.GetString(snapshot.Span).Split('\n'));
        }
    }
}
