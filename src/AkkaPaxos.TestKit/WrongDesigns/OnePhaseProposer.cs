using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.WrongDesigns;

/// <summary>
/// The proposer of the wrong designs: asks the acceptors to accept its client's value, without looking first whether one is chosen already.
/// Its number only names its proposal, nothing is ordered by it.
/// </summary>
public sealed class OnePhaseProposer : UntypedActor, IWithTimers
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;
    private readonly Ballot _ballot;

    private ProposerPhase _phase = ProposerPhase.Idle;
    private readonly HashSet<NodeId> _accepted = [];
    private readonly HashSet<NodeId> _refused = [];
    private string? _value;

    /// <summary>The proposer that <paramref name="context"/> describes.</summary>
    public OnePhaseProposer(SynodContext context)
    {
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Proposer);
        _ballot = new Ballot(1, context.Self);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // Akka sets it before the actor starts

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Request m: OnRequest(m); break;
            case Accepted m when m.Ballot == _ballot: OnAnswer(m.From, _accepted); break;
            case Nack m when m.Ballot == _ballot: OnAnswer(m.From, _refused); break;
            case Resend: AskAll(); break;
            case AskState: OnAskState(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnRequest(Request request)
    {
        _value ??= request.Value;
        _accepted.Clear(); // a client that asks again has not heard: the acceptors are to say it again
        _refused.Clear();
        _phase = ProposerPhase.Accepting;
        AskAll();
        Timers.StartPeriodicTimer(Resend.Instance, Resend.Instance, _context.Settings.ResendInterval);
    }

    private void AskAll()
    {
        if (_phase != ProposerPhase.Accepting) return;
        foreach (var acceptor in _context.Peers.Acceptors)
            if (!_accepted.Contains(acceptor) && !_refused.Contains(acceptor))
                _link.Tell(SynodRole.Acceptor, acceptor, new Accept(_ballot, _value!));
    }

    private void OnAnswer(NodeId acceptor, HashSet<NodeId> answers)
    {
        if (_phase != ProposerPhase.Accepting) return;
        answers.Add(acceptor);
        if (_context.Quorum.IsMetBy(_accepted)) _phase = ProposerPhase.Done;
        else if (_context.Peers.Acceptors.All(a => _accepted.Contains(a) || _refused.Contains(a))) _phase = ProposerPhase.Resting; // for good
        else return;
        Timers.Cancel(Resend.Instance);
    }

    private void OnAskState()
    {
        IReadOnlyList<NodeId> answered = [.. _accepted.Union(_refused).Order()];
        Sender.Tell(new ProposerState(_context.Self, _phase, _ballot.Round, _ballot, _value, _value, answered, null, _refused.Count, true), Self);
    }

    private sealed record Resend
    {
        public static readonly Resend Instance = new();
    }
}
