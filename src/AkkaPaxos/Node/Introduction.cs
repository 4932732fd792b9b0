using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>To the other members, at the start and again and again: this is me, and whom I take for members.</summary>
/// <param name="From">The node's number.</param>
/// <param name="Address">Its address.</param>
/// <param name="Members">Its members, by id.</param>
/// <param name="Problem">What keeps it from its work, in one line; empty where nothing does.</param>
/// <param name="Disk">What it says of its disk; null: its release knows no disks.</param>
public sealed record Hello(NodeId From, string Address, IReadOnlyList<Member> Members, string Problem, DiskClaim? Disk = null) : IPaxosMessage;

/// <summary>To a node whose release knows no disks, or of such a node: I know you as you say. Others see their welcome in <see cref="DiskClaim.Known"/>.</summary>
/// <param name="From">Who welcomes.</param>
public sealed record Welcome(NodeId From) : IPaxosMessage;

/// <summary>To a node that said hello: you are not whom my configuration has under that number.</summary>
/// <param name="From">Who refuses.</param>
/// <param name="Reason">One line.</param>
public sealed record Refused(NodeId From, string Reason) : IPaxosMessage;

/// <summary>Introduction to its node: how it stands with the others.</summary>
/// <param name="MayRun">A majority, this node among it, has welcomed it and its disk.</param>
/// <param name="Problem">What its roles wait for, or why they must not run; null where they may.</param>
/// <param name="IsOver">Whether they must not run whatever happens, not even those that do.</param>
internal sealed record Standing(bool MayRun, string? Problem, bool IsOver) : INodeMessage;

/// <summary>Introduction to its node, as it starts: what does the disk say? Answered with <see cref="DiskMemory"/> once it is known.</summary>
internal sealed record GetDisk : INodeMessage;

/// <summary>Introduction to its node: it can not be welcomed by a majority.</summary>
internal sealed record TurnedAway(string Reason) : INodeMessage;

/// <summary>To the introduction: who answered lately? Answered with <see cref="Seen"/>.</summary>
internal sealed record GetSeen : INodeMessage;

/// <summary>The nodes that answered or said hello lately, this one among them.</summary>
/// <param name="Nodes">The nodes.</param>
/// <param name="Problems">What keeps others of them from their work, as they say.</param>
internal sealed record Seen(IReadOnlyList<NodeId> Nodes, IReadOnlyDictionary<NodeId, string> Problems) : INodeMessage;

/// <summary>The node to its introduction: what keeps it from its work, to be told to the others; null where nothing does.</summary>
internal sealed record OwnProblem(string? Text) : INodeMessage;

/// <summary>
/// Keeps two nodes from acting under one number, and a node from acting with a disk that has forgotten what it promised. A node says hello to the addresses in its
/// own configuration; another one refuses it where its configuration has another address under that number. An impostor is refused by all, so it never says
/// anything but hello. What each says of its disk, <see cref="Founding"/> and <see cref="Welcomes"/> judge.
/// </summary>
internal sealed class Introduction : UntypedActor, IWithTimers
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    // A node that nobody has welcomed yet says hello more often: its roles wait for that.
    private static readonly TimeSpan UntilWelcomed = TimeSpan.FromMilliseconds(100);
    private const int SeenForTicks = 4;
    // A refusal decides at once where it leaves no majority; otherwise a misconfigured peer gets this long to be outvoted.
    private const int GraceTicks = 10;
    // Longer than members that are started together take to welcome each other.
    private const int TicksUntilSaid = 6;
    private const int TicksBetweenLines = 120;

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Again
    {
        public static readonly Again Instance = new();
    }

    private readonly PaxosSettings _settings;
    private readonly PeerDirectory _peers;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Founding _founding;
    private readonly Welcomes _welcomes;
    private readonly SortedDictionary<NodeId, DiskClaim> _claims = [];
    private readonly HashSet<NodeId> _welcomedBy = []; // those whose release knows no disks
    private readonly SortedDictionary<NodeId, string> _refusedBy = [];
    private readonly SortedDictionary<NodeId, long> _seenAt = [];
    private readonly SortedDictionary<NodeId, string> _problems = [];
    private readonly HashSet<string> _strangers = [];
    private readonly PeerLog _peerLog;
    private DiskMemory? _memory; // null before it is known
    private Standing _standing = new(false, "its disk has not been read yet", false);
    private string? _conflict;
    private string? _said;
    private long _saidAt;
    private long _tick;
    private long _firstRefusal;
    private bool _isTurnedAway;
    private string _ownProblem = "";

    public Introduction(PaxosSettings settings, PeerDirectory peers)
    {
        (_settings, _peers) = (settings, peers);
        _founding = new Founding(settings.NodeId, settings.Membership.Members, settings.Protocol.Window);
        _welcomes = new Welcomes(settings.NodeId, settings.Membership);
        _peerLog = new PeerLog(_log, settings.Membership.Members.Where(m => m.Id != settings.NodeId), Context.System.Scheduler.Now);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private IEnumerable<Member> Others => _settings.Membership.Members.Where(m => m.Id != _settings.NodeId);

    private bool IsDecided => _isTurnedAway || _standing.MayRun || _standing.IsOver;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TimeSpan.Zero, Interval);
        Timers.StartPeriodicTimer(Again.Instance, Again.Instance, UntilWelcomed);
        Context.Parent.Tell(new GetDisk(), Self);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick:
                _tick++;
                SayHello();
                _peerLog.Reached(Lately().ToHashSet(), Context.System.Scheduler.Now);
                Decide();
                if (_tick >= TicksUntilSaid) SayHowItStands();
                break;
            case Again:
                if (IsDecided) Timers.Cancel(Again.Instance);
                else SayHello();
                break;
            case AssociationErrorEvent e:
                if (e.RemoteAddress is not null) _peerLog.ConnectionFailed($"{e.RemoteAddress}", e.Cause.GetBaseException().Message);
                break;
            case DiskMemory memory:
                _memory = memory;
                _welcomes.Remember(memory);
                SayHello(); // it may be a welcome
                Decide();
                break;
            case Hello hello: Answer(hello); break;
            case Welcome welcome:
                if (Others.All(m => m.Id != welcome.From)) break;
                Saw(welcome.From);
                if (!_claims.ContainsKey(welcome.From) && _welcomedBy.Add(welcome.From)) Decide();
                break;
            case Refused refused:
                if (_refusedBy.TryAdd(refused.From, refused.Reason))
                {
                    if (_memory is { IsMember: true }) _log.Info("node {0} takes this one for no member: {1}", refused.From, refused.Reason); // the log will say so
                    else _log.Error("refused by node {0}: {1}", refused.From, refused.Reason);
                    if (_firstRefusal == 0) _firstRefusal = _tick;
                }
                Decide();
                break;
            case FindLink:
                if (_peers.Direct is { } direct) Sender.Tell(new LinkAt(direct.Port), Self);
                break;
            case GetSeen:
                Sender.Tell(Seen(), Self);
                break;
            case OwnProblem own:
                _ownProblem = own.Text ?? "";
                break;
            default: Unhandled(message); break;
        }
    }

    private IEnumerable<NodeId> Lately() => _seenAt.Where(s => _tick - s.Value <= SeenForTicks).Select(s => s.Key);

    private Seen Seen()
    {
        var lately = Lately().ToList();
        return new Seen([_settings.NodeId, .. lately], lately.Where(_problems.ContainsKey).ToDictionary(node => node, node => _problems[node]));
    }

    private void SayHello()
    {
        var hello = new Hello(_settings.NodeId, _settings.Address, _settings.Membership.Members, _ownProblem, Claim());
        foreach (var member in Others) _peers.Find(member.Id, "introduction").Tell(hello, Self);
    }

    private DiskClaim Claim()
    {
        var stage = _memory is null or { Unfit: not null } or { Own: null } || _standing.IsOver ? DiskStage.Unknown
            : _memory.IsMember ? DiskStage.Member
            : _memory.Founding is null ? DiskStage.Empty
            : DiskStage.Recorded;
        return new DiskClaim(stage, _memory?.Own ?? new DiskStart(DiskId.None, 0, 0), _founding.Window, _memory?.Founding, _welcomes.Known,
            IsChanged ? _settings.Membership.History : null);
    }

    private void Answer(Hello hello)
    {
        if (_memory is null && _settings.Membership.Latest.Find(hello.From) is null) return; // the disk may know of changes that the file does not
        var known = _settings.Membership.Latest.Find(hello.From);
        var reason = known is null
            ? $"node id {hello.From} is not among the members that node {_settings.NodeId} knows{(IsChanged ? $", which are those of configuration {_settings.Membership.Latest.Version}" : "")}; a node is added by `akkapaxos member add`"
            : known.Address != hello.Address
                ? $"node id {hello.From} belongs to {known.Address}, not to {hello.Address}; give each node its own akkapaxos.node-id"
            : !IsFounded(hello) && !hello.Members.Select(m => (m.Id, m.Address)).SequenceEqual(_settings.Membership.Members.Select(m => (m.Id, m.Address))) ? $"akkapaxos.members differs from that of node {_settings.NodeId}"
            : null;
        if (reason is not null)
        {
            if (_strangers.Count < 100 && _strangers.Add($"{hello.From} {hello.Address}"))
                _log.Warning("refused a node that calls itself {0} at {1}: {2}", hello.From, hello.Address, reason);
            Sender.Tell(new Refused(_settings.NodeId, reason), Self);
            return;
        }
        if (hello.Problem.Length == 0) _problems.Remove(hello.From);
        else _problems[hello.From] = hello.Problem;
        Saw(hello.From); // it has the same members, so it knows this node as this node knows itself
        if (hello.Disk is { } claim) OnClaim(hello.From, claim);
        else if (_memory is null or { IsMember: true } && !_standing.IsOver) Sender.Tell(new Welcome(_settings.NodeId), Self); // a disk that counts for nothing welcomes nobody
        Decide();
    }

    private bool IsChanged => _settings.Membership.Latest.Version > 0;

    // Then the log says who takes part, and what stands in a file matters no more.
    private bool IsFounded(Hello hello) => hello.Disk is { Stage: DiskStage.Member } || (hello.Disk is not null && _memory is { IsMember: true });

    private void Saw(NodeId node)
    {
        _seenAt[node] = _tick;
        _refusedBy.Remove(node);
    }

    // ---- disks ----

    private void OnClaim(NodeId from, DiskClaim claim)
    {
        _welcomedBy.Remove(from);
        _claims[from] = claim;
        if (_memory is not { IsMember: true } || claim.Stage == DiskStage.Unknown) return;
        if (Against(from, claim) is { } reason)
        {
            if (_strangers.Count < 100 && _strangers.Add($"{from} {claim.Start}")) _log.Warning("node {0} is not to vote: {1}", from, reason);
            return;
        }
        if (claim.Stage != DiskStage.Member) return; // it is about to be
        if (claim.Configurations is { } configurations) _settings.Membership.Learn(configurations); // its log's; this node's own may be behind
        foreach (var news in _welcomes.Heard(from, claim)) Context.Parent.Tell(news, Self);
    }

    /// <summary>Why another member's disk is not welcome; null where it is.</summary>
    private string? Against(NodeId from, DiskClaim claim)
    {
        var isAlike = _memory!.Founding is null || claim.Founding is null || _memory.Founding.Equals(claim.Founding);
        return claim.Stage == DiskStage.Empty || (claim.Stage == DiskStage.Recorded && !isAlike)
                ? $"its disk {claim.Start.Disk} is empty, and {(_memory.DiskOf(from) is { Value: > 0 } disk ? $"it is known by disk {disk}" : "the cluster is founded already")}"
            : claim.Start.Disk == DiskId.None ? "it names no disk"
            : !isAlike ? "its disk belongs to another cluster, which was founded with other disks"
            : _memory.Refutes(from, claim.Start);
    }

    private void Decide()
    {
        if (_isTurnedAway) return;
        if (_memory is not null) Consider(_memory);
        if (IsDecided || _refusedBy.Count == 0) return;
        if (_memory is null || (_memory.IsMember && IsChanged)) return; // whether it has been removed the log says
        var possible = _settings.Membership.Members.Select(m => m.Id).Where(id => !_refusedBy.ContainsKey(id)).ToHashSet();
        if (_settings.Membership.Latest.Phase1.IsMetBy(possible) && _tick - _firstRefusal < GraceTicks) return;
        _isTurnedAway = true;
        var (node, reason) = _refusedBy.First();
        Context.Parent.Tell(new TurnedAway($"node {node} refused this node: {reason}"), Self);
    }

    private void Consider(DiskMemory memory)
    {
        if (_standing.IsOver) return;
        if (_founding.Next(memory, _claims) is { } step) Context.Parent.Tell(step, Self);
        else if (ToJoin(memory) is { } join) Context.Parent.Tell(join, Self);
        var heard = Lately().ToHashSet();
        _conflict = _founding.Conflict(memory, _claims, heard);
        HashSet<NodeId> welcomedBy = [_settings.NodeId, .. _welcomedBy, .. _welcomes.OfSelf];
        var standing = memory.Unfit is { } unfit ? new Standing(false, $"{unfit}: it does not vote or answer; put back both as they were last", true)
            : _welcomes.Refuted is { } refuted ? new Standing(false, refuted, true)
            : !memory.IsMember ? new Standing(false, _conflict ?? _founding.Waits(_claims, heard), false)
            : memory.IsJoined && !IsAdmitted(memory) ? new Standing(_standing.MayRun || HearsMajority(), WaitsForAdmission(memory), false)
            : _standing.MayRun || _settings.Membership.Latest.Phase1.IsMetBy(welcomedBy) ? new Standing(true, null, false)
            : new Standing(false, WaitsForWelcome(welcomedBy, heard), false);
        if (standing == _standing) return;
        _standing = standing;
        Context.Parent.Tell(standing, Self);
        if (standing.IsOver) SayHowItStands();
    }

    // ---- an empty disk, and a cluster that is there ----

    // Where the log knows no disk of this node that it could tell this one from, an operator has to say that nothing was lost.
    private Join? ToJoin(DiskMemory memory) => memory is not { IsMember: false, Unfit: null, Founding: null, Own: not null } || !_settings.Recovers ? null
        : _claims.Where(c => c.Value is { Stage: DiskStage.Member, Founding: not null } && !_refusedBy.ContainsKey(c.Key))
            .Select(c => new Join(c.Value.Founding!, c.Value.Configurations))
            .Where(j => (j.Configurations?.Latest ?? j.Founding).Find(_settings.NodeId) is not { } known || known.Disk != DiskId.None || !known.Votes)
            .MaxBy(j => j.Configurations?.Latest.Version ?? 0);

    private bool IsAdmitted(DiskMemory memory) => _settings.Membership.Latest.Find(_settings.NodeId)?.Disk == memory.Own!.Disk;

    // One of them knows whether this disk has been put back as it was earlier.
    private bool HearsMajority() => _settings.Membership.Latest.Phase1.IsMetBy(_claims.Where(c => c.Value.Stage == DiskStage.Member).Select(c => c.Key).ToHashSet());

    private string WaitsForAdmission(DiskMemory memory) => _settings.Membership.Latest.Find(_settings.NodeId) is { Disk: var known } && known != DiskId.None
        ? $"its disk {memory.Own!.Disk} is new, and the log knows it by disk {known}: it does not vote or answer until the new one is admitted"
        : $"its disk {memory.Own!.Disk} is new: it does not vote or answer until the log knows it";

    private string WaitsForWelcome(HashSet<NodeId> welcomedBy, HashSet<NodeId> heard)
    {
        var missing = Others.Where(m => !welcomedBy.Contains(m.Id)).Select(m =>
            $"node {m.Id} " + (!heard.Contains(m.Id) ? "is not heard of"
                : _claims.TryGetValue(m.Id, out var claim) && claim.Stage != DiskStage.Unknown && Against(m.Id, claim) is { } reason ? $"is not to vote: {reason}"
                : claim?.Stage == DiskStage.Unknown && _problems.TryGetValue(m.Id, out var problem) ? $"does not vote: {problem}"
                : "has not done so yet"));
        return $"it waits until a majority of the members has welcomed this node's disk: {string.Join("; ", missing)}";
    }

    // What only gets another part behind its colon, as members come and go, at most once a minute.
    private void SayHowItStands()
    {
        if (_standing.Problem is not { } problem || problem == _said) return;
        if (_said is not null && Head(_said) == Head(problem) && _tick - _saidAt < TicksBetweenLines) return;
        (_said, _saidAt) = (problem, _tick);
        if (_standing.IsOver) _log.Error("node {0}: {1}", _settings.NodeId, problem);
        else if (_conflict is not null) _log.Warning("node {0}: {1}", _settings.NodeId, problem);
        else _log.Info("node {0}: {1}", _settings.NodeId, problem);

        static string Head(string text) => text.Split(':')[0];
    }
}
