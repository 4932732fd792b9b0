using Akka.Actor;
using Akka.Event;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// Has the node's disk admitted where the log knows its node by another one, as after that was lost, and has the node vote again once it has caught up (DESIGN 8; Paxos Made
/// Live 5.1). Until then its acceptor's answers count for nobody (M2), and its leader does not lead.
/// </summary>
/// <remarks>It asks by way of the replica beside it, again and again until the log says what it asked for; it remembers nothing.</remarks>
public class Admission : UntypedActor, IWithTimers
{
    private const int Patience = 5; // looks, one a progress interval, until it asks again

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private readonly RoleContext _context;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private MemberChange? _asked;
    private string _refused = "";
    private int _looks;

    /// <summary>The admission of a node.</summary>
    public Admission(RoleContext context) => _context = context;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _context.Settings.ProgressInterval);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Tick: Look(); break;
            case Reconfigured m: OnReconfigured(m); break;
            default: Unhandled(message); break;
        }
    }

    private void Look()
    {
        var needed = Needed();
        if (needed is null || (needed == _asked && ++_looks % Patience != 0)) return;
        if (needed != _asked) Say(needed);
        (_asked, _looks) = (needed, 0);
        _context.Peers.Replica(_context.Self).Tell(new Reconfigure([needed]), Self);
    }

    private MemberChange? Needed()
    {
        var member = _context.Membership.Latest.Find(_context.Self);
        if (member is null || _context.Disk == DiskId.None) return null;
        return member.Disk != _context.Disk ? new MemberChange(MemberChangeKind.Readmit, _context.Self, Disk: _context.Disk)
            : member is { Votes: false, Returns: true } ? new MemberChange(MemberChangeKind.Promote, _context.Self)
            : null;
    }

    private void Say(MemberChange needed)
    {
        var known = _context.Membership.Latest.Find(_context.Self)!.Disk;
        if (needed.Kind == MemberChangeKind.Promote) _log.Info("node {0} has been admitted with its disk {1}: it votes again once it has caught up", _context.Self, _context.Disk);
        else if (known != DiskId.None) _log.Warning("node {0} is known by disk {1}, and has {2}: it does not vote until that is admitted", _context.Self, known, _context.Disk);
    }

    private void OnReconfigured(Reconfigured answer)
    {
        if (answer.Refusal.Length > 0 && answer.Refusal != _refused) _log.Debug("node {0} asked to {1}: {2}", _context.Self, _asked, answer.Refusal);
        _refused = answer.Refusal;
    }
}
