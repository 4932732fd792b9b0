using AkkaPaxos.Node;
using AkkaPaxos.TestKit.Diagrams;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Scenarios;

/// <summary>One who takes part in a scenario.</summary>
/// <param name="Name">As the scenario and the drawing name it: <c>a2</c>.</param>
/// <param name="Node">The simulated node it is on.</param>
/// <param name="Role">Its role there.</param>
/// <param name="Lines">Its lifelines in the drawing.</param>
internal sealed record Participant(string Name, string Node, string Role, IReadOnlyList<Lifeline> Lines);

/// <summary>An acceptor has told that it accepted something.</summary>
internal sealed record Vote(long Slot, string Ballot, string Value, string Acceptor);

/// <summary>What a scenario declares.</summary>
internal sealed class Declarations
{
    /// <summary>The protocol's name.</summary>
    public string Protocol { get; set; } = "";

    /// <summary>For each kind of role its names, in the order of the file.</summary>
    public Dictionary<string, List<string>> Names { get; } = [];

    /// <summary>Settings, as lines of HOCON below the protocol's section.</summary>
    public List<string> Settings { get; } = [];

    /// <summary>The rounds that proposers have used before.</summary>
    public List<PastDeclaration> Past { get; } = [];

    /// <summary>Classes of Synod's roles in the place of the real ones, by role: for checks whether scenarios notice a broken rule.</summary>
    public IReadOnlyDictionary<Synod.SynodRole, Type> Doubles { get; init; } = new Dictionary<Synod.SynodRole, Type>();

    public IReadOnlyList<string> Of(string kind) => Names.TryGetValue(kind, out var names) ? names : [];

    /// <summary>The number in a name; 1 where it has none.</summary>
    public static int Number(string name) => name.Length == 1 ? 1 : int.Parse(name.AsSpan(1));
}

/// <summary>What differs between the protocols that a scenario may run.</summary>
internal abstract class Protocol(Declarations declared)
{
    private static readonly string[] Known =
        ["synod", "multipaxos", .. WrongDesigns.WrongDesign.All.Select(d => d.Name)];

    protected Declarations Declared { get; } = declared;

    /// <summary>The one that is declared.</summary>
    /// <exception cref="FormatException">What is declared makes no cluster.</exception>
    public static Protocol Of(Declarations declared)
    {
        foreach (var (kind, names) in declared.Names)
            if (names.GroupBy(Declarations.Number).FirstOrDefault(g => g.Count() > 1) is { } same)
                throw new FormatException($"{string.Join(" and ", same)} are one and the same of the {kind}");
        var section = declared.Protocol == "multipaxos" ? "akkapaxos" : "akkapaxos.synod";
        foreach (var setting in declared.Settings)
        {
            var key = setting.Split(" = ", 2)[0];
            if (!PaxosSettings.DefaultConfig().HasPath($"{section}.{key}")) throw new FormatException($"there is no setting {section}.{key}");
        }
        return Make(declared);
    }

    private static Protocol Make(Declarations declared) => declared.Protocol switch
    {
        "" => throw new FormatException($"no protocol is declared: begin with one of {string.Join(", ", Known.Select(k => $"protocol {k}"))}"),
        "multipaxos" => new MultiPaxosProtocol(declared),
        var name when Known.Contains(name) => new SynodProtocol(declared, WrongDesigns.WrongDesign.All.FirstOrDefault(d => d.Name == name)),
        var name => throw new FormatException($"there is no protocol \"{name}\", expected one of {string.Join(", ", Known)}"),
    };

    /// <summary>All who take part, by the order of the drawing.</summary>
    public abstract IReadOnlyList<Participant> Participants { get; }

    /// <summary>The number of acceptors: more than half of them choose.</summary>
    public abstract int Acceptors { get; }

    /// <summary>Adds the nodes.</summary>
    public abstract void Start(SteppingNetwork network);

    /// <summary>A client asks.</summary>
    public abstract void Propose(SteppingNetwork network, Participant client, Participant to, string value);

    /// <summary>Makes a proposer or leader run phase 1.</summary>
    public abstract void Elect(SteppingNetwork network, Participant who);

    /// <summary>How a message is called.</summary>
    public abstract MessageLabel Label(object message);

    /// <summary>The lifeline where a message starts or ends.</summary>
    public abstract Lifeline Line(string node, string role, string message);

    /// <summary>What a message says about acceptance; null where it says nothing.</summary>
    public abstract Vote? VoteIn(MessageInFlight message);

    /// <summary>A participant's state as <c>key=value</c>s.</summary>
    public abstract string State(SteppingNetwork network, Participant who);
}
