using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.Node;
using AkkaPaxos.Synod;

namespace AkkaPaxos.Tests;

/// <summary>
/// What tests of one role of single-decree Paxos share: 2 clients, 3 proposers, 3 acceptors and 2 learners, all of them probes, and the context that
/// the role is given.
/// </summary>
public abstract class SynodTestBase : RoleTestBase
{
    private readonly Dictionary<(SynodRole Role, int Id), TestProbe> _probes = [];

    /// <summary>See <see cref="RoleTestBase"/>.</summary>
    protected SynodTestBase(string hocon = "", bool virtualTime = false)
        : base(hocon, virtualTime)
    {
        Participants(SynodRole.Client, 2);
        Participants(SynodRole.Proposer, 3);
        Participants(SynodRole.Acceptor, 3);
        Participants(SynodRole.Learner, 2);

        void Participants(SynodRole role, int count)
        {
            for (var id = 1; id <= count; id++) _probes[(role, id)] = CreateTestProbe($"{role}-{id}");
        }
    }

    /// <summary>The settings; a test may change them before it starts a role.</summary>
    protected SynodSettings Options { get; set; } = DefaultOptions;

    /// <summary>reference.conf's.</summary>
    internal static SynodSettings DefaultOptions => new(PaxosSettings.DefaultConfig().GetConfig("akkapaxos.synod"));

    /// <summary>The probe in the place of a participant.</summary>
    protected TestProbe Probe(SynodRole role, int id) => _probes[(role, id)];

    /// <summary>The probes in the places of all participants in a role, by id.</summary>
    protected IEnumerable<TestProbe> Probes(SynodRole role) => _probes.Where(p => p.Key.Role == role).OrderBy(p => p.Key.Id).Select(p => p.Value);

    /// <summary>Starts the participant <paramref name="self"/> as <paramref name="type"/>.</summary>
    protected IActorRef StartSynod(Type type, int self = 1)
    {
        var peers = new SynodPeers(Ids(SynodRole.Client), Ids(SynodRole.Proposer), Ids(SynodRole.Acceptor), Ids(SynodRole.Learner),
            (role, id) => _probes[(role, id.Value)].Ref);
        return Sys.ActorOf(Props.Create(type, new SynodContext(new NodeId(self), "decree", peers, Options, self)));

        IEnumerable<NodeId> Ids(SynodRole role) => _probes.Keys.Where(k => k.Role == role).Select(k => new NodeId(k.Id));
    }

    /// <summary>A role's state, once it has handled what was sent before.</summary>
    protected T StateOf<T>(IActorRef role)
    {
        var probe = CreateTestProbe();
        role.Tell(AskState.Instance, probe.Ref);
        return probe.ExpectMsg<T>(InTime);
    }

    /// <summary>Nothing has come to any participant in <paramref name="role"/>.</summary>
    protected void ExpectSilence(SynodRole role, TimeSpan? wait = null)
    {
        var time = wait ?? TimeSpan.Zero;
        foreach (var probe in Probes(role))
        {
            probe.ExpectNoMsg(time);
            time = TimeSpan.Zero;
        }
    }

    /// <summary>The participant <paramref name="id"/>.</summary>
    protected static NodeId N(int id) => new(id);
}
