using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>
/// Changes the members again and again, as somebody does who only knows what he was last told: adds a spare node, promotes a learner, removes a member, or puts
/// a learner in the place of a voter.
/// </summary>
internal sealed class Operator(IReadOnlyList<IActorRef> replicas, Configuration founding, int seed) : UntypedActor
{
    private readonly Random _random = new(seed);
    private Configuration _known = founding;

    /// <summary>Asks for some change.</summary>
    internal sealed record Change : INodeMessage
    {
        public static readonly Change Instance = new();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Change: Ask(); break;
            case Reconfigured { Configuration: { } configuration } when configuration.Version > _known.Version: _known = configuration; break;
            case Reconfigured: break; // refused, or told again
            default: Unhandled(message); break;
        }
    }

    private void Ask()
    {
        var change = Draw();
        if (change.Count > 0) replicas[_random.Next(replicas.Count)].Tell(new Reconfigure(change, Force: _random.Next(4) == 0), Self);
    }

    private IReadOnlyList<MemberChange> Draw()
    {
        var spare = Enumerable.Range(1, replicas.Count).Select(id => new NodeId(id)).Where(id => _known.Find(id) is null).ToList();
        var (learners, voters) = (_known.Members.Where(m => !m.Votes).Select(m => m.Id).ToList(), _known.Voters);
        return _random.Next(4) switch
        {
            0 when spare.Count > 0 && Pick(spare) is var node => [new(MemberChangeKind.Add, node, $"akka://n{node}")],
            1 when learners.Count > 0 => [new(MemberChangeKind.Promote, Pick(learners))],
            2 when voters.Count > 1 => [new(MemberChangeKind.Remove, Pick(_known.Ids))],
            3 when learners.Count > 0 => [new(MemberChangeKind.Promote, Pick(learners)), new(MemberChangeKind.Remove, Pick(voters))],
            _ => [],
        };
    }

    private NodeId Pick(IReadOnlyList<NodeId> nodes) => nodes[_random.Next(nodes.Count)];
}
