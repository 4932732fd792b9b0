using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Synod;

/// <summary>
/// A client: asks a proposer for a value, and where no learner answers in time the next proposer, until it knows what is chosen. That
/// need not be its own value.
/// </summary>
public class Client : UntypedActor, IWithTimers
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;

    private string? _requested;
    private int _proposer; // whom it asked last: an index among the proposers
    private IActorRef? _asker; // who waits for the answer
    private string? _chosen;

    /// <summary>The client that <paramref name="context"/> describes.</summary>
    public Client(SynodContext context)
    {
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Client);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // Akka sets it before the actor starts

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Submit m: OnSubmit(m); break;
            case Response m: OnResponse(m); break;
            case AskNext: OnAskNext(); break;
            case AskState: OnAskState(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnSubmit(Submit submit)
    {
        (_requested, _asker) = (submit.Value, Sender);
        _proposer = 0;
        for (var i = 0; i < _context.Peers.Proposers.Count; i++)
            if (_context.Peers.Proposers[i] == submit.Proposer)
                _proposer = i;
        Request();
    }

    private void Request()
    {
        _link.Tell(SynodRole.Proposer, _context.Peers.Proposers[_proposer], new Request(_requested!));
        Timers.StartSingleTimer(AskNext.Instance, AskNext.Instance, _context.Settings.ClientTimeout);
    }

    private void OnAskNext()
    {
        if (_asker is null) return;
        _proposer = (_proposer + 1) % _context.Peers.Proposers.Count;
        Request();
    }

    private void OnResponse(Response response)
    {
        if (_chosen is not null && _chosen != response.Value)
            throw new InvariantViolationException("A5", $"client {_context.Self} was told of two chosen values: {_chosen} and {response.Value}");
        _chosen = response.Value;
        Timers.Cancel(AskNext.Instance);
        _asker?.Tell(response, Self);
        _asker = null;
    }

    private void OnAskState()
    {
        var asked = _requested is null ? NodeId.None : _context.Peers.Proposers[_proposer];
        Sender.Tell(new ClientState(_context.Self, _requested, asked, _asker is not null, _chosen), Self);
    }

    private sealed record AskNext
    {
        public static readonly AskNext Instance = new();
    }
}
