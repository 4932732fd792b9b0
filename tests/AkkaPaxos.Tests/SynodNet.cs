using Akka.Actor;
using Akka.TestKit;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Accept = AkkaPaxos.Synod.Accept;
using Accepted = AkkaPaxos.Synod.Accepted;
using Acceptor = AkkaPaxos.Synod.Acceptor;
using Prepare = AkkaPaxos.Synod.Prepare;
using Promise = AkkaPaxos.Synod.Promise;
using Response = AkkaPaxos.Synod.Response;

namespace AkkaPaxos.Tests;

/// <summary>Which classes fill the roles: the real ones, or a double with one wrong rule.</summary>
internal sealed record SynodRoles
{
    public Type Proposer { get; init; } = typeof(Synod.Proposer);

    public Type Acceptor { get; init; } = typeof(Acceptor);

    public Type Learner { get; init; } = typeof(Learner);
}

/// <summary>
/// Real roles of single-decree Paxos, whose messages wait until the test delivers, drops or duplicates them. Participants are named as in the
/// seeds' drawings: C1, P1, A1, L1. Every step returns when the receiver has handled it, so a test never waits for what does not come. Keeps
/// account of what acceptors said, to tell what is chosen and whether learners are right.
/// </summary>
internal sealed class SynodNet
{
    private readonly TestKitBase _kit;
    private readonly TestProbe _probe;
    private readonly SynodRoles _roles;
    private readonly SynodSettings _settings;
    private readonly string _decree;
    private readonly Lock _lock = new();
    private readonly List<Frame> _waiting = [];
    private readonly List<Frame> _sent = [];
    private readonly SortedDictionary<string, IActorRef> _actors = new(StringComparer.Ordinal);
    private readonly Dictionary<SynodRole, NodeId[]> _participants;

    /// <summary>A message on its way.</summary>
    public sealed record Frame(string From, string To, object Message);

    public SynodNet(
        TestKitBase kit, SynodSettings settings, SynodRoles? roles = null, int acceptors = 3, int[]? proposers = null, string decree = "decree")
    {
        (_kit, _settings, _roles, _decree) = (kit, settings, roles ?? new SynodRoles(), decree);
        _probe = kit.CreateTestProbe();
        _participants = new()
        {
            [SynodRole.Client] = [new(1)],
            [SynodRole.Proposer] = [.. (proposers ?? [1, 2]).Select(id => new NodeId(id))],
            [SynodRole.Acceptor] = [.. Enumerable.Range(1, acceptors).Select(id => new NodeId(id))],
            [SynodRole.Learner] = [new(1), new(2)],
        };
        foreach (var (role, ids) in _participants)
            foreach (var id in ids)
                Start(Name(role, id));
    }

    // ---- participants ----

    public static string Name(SynodRole role, NodeId id) => $"{role.ToString()[0]}{id}";

    public void Start(string name)
    {
        var (role, id) = Parse(name);
        var peers = new SynodPeers(_participants[SynodRole.Client], _participants[SynodRole.Proposer], _participants[SynodRole.Acceptor],
            _participants[SynodRole.Learner], (toRole, to) => new Wire(this, name, Name(toRole, to), _kit.Sys));
        var type = role switch
        {
            SynodRole.Client => typeof(Client),
            SynodRole.Proposer => _roles.Proposer,
            SynodRole.Acceptor => _roles.Acceptor,
            _ => _roles.Learner,
        };
        _actors[name] = _kit.Sys.ActorOf(Props.Create(type, new SynodContext(id, _decree, peers, _settings, 100 + id.Value)));
        Settle(name);
    }

    /// <summary>Ends a participant: its memory is gone, its journal is not.</summary>
    public void Crash(string name)
    {
        var actor = _actors[name];
        _actors.Remove(name);
        _kit.Watch(actor);
        _kit.Sys.Stop(actor);
        _kit.ExpectTerminated(actor, TimeSpan.FromSeconds(20));
    }

    public void Restart(string name)
    {
        Crash(name);
        Start(name);
    }

    public bool IsUp(string name) => _actors.ContainsKey(name);

    /// <summary>Hands a message to a participant, past the network.</summary>
    public void Tell(string name, object message)
    {
        if (!_actors.TryGetValue(name, out var actor)) return;
        actor.Tell(message, ActorRefs.NoSender);
        Settle(name);
    }

    /// <summary>A participant's state.</summary>
    public T State<T>(string name)
    {
        _actors[name].Tell(AskState.Instance, _probe.Ref);
        return _probe.ExpectMsg<T>(TimeSpan.FromSeconds(20));
    }

    /// <summary>Lets virtual time pass.</summary>
    public void Pass(TimeSpan time)
    {
        ((TestScheduler)_kit.Sys.Scheduler).Advance(time);
        foreach (var name in _actors.Keys.ToList()) Settle(name);
    }

    // A role has handled what it was sent when it answers a question that came later; an acceptor also when its disk is done.
    private void Settle(string name)
    {
        object state;
        do
        {
            _actors[name].Tell(AskState.Instance, _probe.Ref);
            state = _probe.ReceiveOne(TimeSpan.FromSeconds(20)) ?? throw new TimeoutException($"{name} does not answer");
        }
        while (state is AcceptorState { Writing: true });
    }

    // ---- the network ----

    /// <summary>What waits, in the order of senders, then receivers, then sending: the same in every run.</summary>
    public IReadOnlyList<Frame> Waiting
    {
        get
        {
            lock (_lock) return [.. _waiting.OrderBy(f => f.From, StringComparer.Ordinal).ThenBy(f => f.To, StringComparer.Ordinal)];
        }
    }

    /// <summary>Everything that was ever sent.</summary>
    public IReadOnlyList<Frame> Sent
    {
        get
        {
            lock (_lock) return [.. _sent];
        }
    }

    private void Send(Frame frame)
    {
        lock (_lock)
        {
            _waiting.Add(frame);
            _sent.Add(frame);
        }
    }

    /// <summary>Takes a message from the network, for good.</summary>
    public void Drop(Frame frame)
    {
        lock (_lock) _waiting.RemoveAt(_waiting.FindIndex(f => ReferenceEquals(f, frame)));
    }

    /// <summary>Takes every waiting message of a kind from the network.</summary>
    public void DropAll(Func<Frame, bool> which)
    {
        lock (_lock) _waiting.RemoveAll(f => which(f));
    }

    public void Deliver(Frame frame)
    {
        Drop(frame);
        Tell(frame.To, frame.Message);
    }

    /// <summary>Delivers every waiting message of a kind; none is not a mistake.</summary>
    public void DeliverAll(Func<Frame, bool> which)
    {
        foreach (var frame in Waiting.Where(which)) Deliver(frame);
    }

    /// <summary>Delivers until nothing waits.</summary>
    public void DeliverEverything()
    {
        while (Waiting.Count > 0) DeliverAll(_ => true);
    }

    // ---- the phases, as the seeds' drawings have them ----

    /// <summary>A proposer gets a value to propose, with <paramref name="round"/> as its first round.</summary>
    public void Request(string proposer, long round, string value)
    {
        // It has heard of the round before.
        if (round > 1) Tell(proposer, new Nack(new NodeId(1), Ballot.Bottom, new Ballot(round - 1, new NodeId(99))));
        Tell(proposer, new Synod.Request(value));
    }

    /// <summary>P: these acceptors get the proposer's Prepare, and it their answers.</summary>
    public void Phase1(string proposer, params int[] acceptors)
    {
        foreach (var acceptor in acceptors) DeliverAll(f => f.Message is Prepare && f.From == proposer && f.To == $"A{acceptor}");
        foreach (var acceptor in acceptors) DeliverAll(f => f.Message is Promise or Nack && f.From == $"A{acceptor}" && f.To == proposer);
    }

    /// <summary>A: these acceptors get the proposer's Accept, and everybody their answers.</summary>
    public void Phase2(string proposer, params int[] acceptors)
    {
        foreach (var acceptor in acceptors) DeliverAll(f => f.Message is Accept && f.From == proposer && f.To == $"A{acceptor}");
        foreach (var acceptor in acceptors) DeliverAll(f => f.Message is Accepted or Nack && f.From == $"A{acceptor}");
        DeliverAll(f => f.Message is Response or Chosen);
    }

    // ---- what must hold ----

    /// <summary>The values that a majority of acceptors said to have accepted under one number.</summary>
    public IReadOnlyList<string> ChosenValues =>
    [
        .. Sent.Select(f => f.Message).OfType<Accepted>().Distinct().GroupBy(a => a.Ballot)
            .Where(g => g.Select(a => a.From).Distinct().Count() > _participants[SynodRole.Acceptor].Length / 2)
            .SelectMany(g => g.Select(a => a.Value)).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>What learners ever told clients.</summary>
    public IReadOnlyList<string> LearnedValues =>
        [.. Sent.Select(f => f.Message).OfType<Response>().Select(r => r.Value).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The seeds' safety: only a single value is chosen, and nobody learns that a value is chosen unless it is.</summary>
    public void AssertSafe()
    {
        Assert.True(ChosenValues.Count <= 1, $"chosen: {string.Join(" and ", ChosenValues)}");
        Assert.Empty(LearnedValues.Except(ChosenValues));
    }

    private (SynodRole Role, NodeId Id) Parse(string name) =>
        (_participants.Keys.Single(role => role.ToString()[0] == name[0]), new NodeId(int.Parse(name[1..])));

    /// <summary>The way from one participant to another, as a reference.</summary>
    private sealed class Wire(SynodNet net, string from, string to, ActorSystem system) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / from / to;

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

        protected override void TellInternal(object message, IActorRef sender) => net.Send(new Frame(from, to, message));
    }
}
