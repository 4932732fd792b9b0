using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Synod;

/// <summary>
/// The learner: finds out which value is chosen, and tells the clients. A value is chosen once a majority of acceptors has accepted it under one
/// and the same number; what different acceptors accepted under different numbers adds up to nothing.
/// </summary>
/// <remarks>
/// It counts what acceptors tell it. With a distinguished learner in the settings acceptors tell only that one, and it tells the rest; should
/// it be silent, the rest ask the acceptors and count for themselves. It has no journal: what it forgets in a crash it asks for again.
/// </remarks>
public class Learner : UntypedActor, IWithTimers
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;

    private readonly SortedDictionary<Ballot, string> _values = []; // under each number heard of
    private readonly SortedDictionary<Ballot, HashSet<NodeId>> _accepted = []; // who accepted it
    private Proposal? _chosen;

    /// <summary>The learner that <paramref name="context"/> describes.</summary>
    public Learner(SynodContext context)
    {
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Learner);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // Akka sets it before the actor starts

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Ask.Instance, Ask.Instance, _context.Settings.InquireInterval);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Accepted m: OnAccepted(m); break;
            case Chosen m: Learn(new Proposal(m.Ballot, m.Value)); break;
            case Ask: OnAsk(); break;
            case AskState: OnAskState(); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Which acceptors count for a proposal: those that accepted it under its very number.</summary>
    /// <param name="ballot">The proposal's number.</param>
    /// <param name="accepted">Who is known to have accepted, by number.</param>
    protected virtual IReadOnlySet<NodeId> Count(Ballot ballot, IReadOnlyDictionary<Ballot, HashSet<NodeId>> accepted) => accepted[ballot];

    /// <summary>Whether these acceptors are enough.</summary>
    protected virtual bool IsQuorum(IReadOnlySet<NodeId> acceptors) => _context.Quorum.IsMetBy(acceptors);

    private void OnAccepted(Accepted accepted)
    {
        if (!_values.TryAdd(accepted.Ballot, accepted.Value) && _values[accepted.Ballot] != accepted.Value)
            throw new InvariantViolationException("A4", $"learner {_context.Self} heard of two values under number {accepted.Ballot}: "
                + $"{_values[accepted.Ballot]} and {accepted.Value}");

        if (!_accepted.TryGetValue(accepted.Ballot, out var acceptors)) _accepted.Add(accepted.Ballot, acceptors = []);
        var known = IsQuorum(Count(accepted.Ballot, _accepted));
        var again = !acceptors.Add(accepted.From);

        // An acceptor that says it again was asked again, because someone has not heard: so what is known is told again.
        if (IsQuorum(Count(accepted.Ballot, _accepted)) && (!known || again)) Learn(new Proposal(accepted.Ballot, accepted.Value));
    }

    private void Learn(Proposal proposal)
    {
        if (_chosen is not null && _chosen.Value != proposal.Value)
            throw new InvariantViolationException("A5", $"learner {_context.Self} finds two values chosen: {_chosen} and {proposal}");
        _chosen ??= proposal;
        Timers.Cancel(Ask.Instance);
        if (_context.Settings.DistinguishedLearner == _context.Self)
            foreach (var learner in _context.Peers.Learners)
                if (learner != _context.Self)
                    _link.Tell(SynodRole.Learner, learner, new Chosen(_chosen.Ballot, _chosen.Value));
        _link.TellAll(SynodRole.Client, new Response(_context.Self, _chosen.Value));
    }

    private void OnAsk()
    {
        if (_chosen is null) _link.TellAll(SynodRole.Acceptor, new Inquire(_context.Self));
    }

    private void OnAskState() => Sender.Tell(
        new LearnerState(_context.Self, _chosen,
            [.. _accepted.Select(a => new Tally(a.Key, _values[a.Key], [.. a.Value.Order()]))]), Self);

    private sealed record Ask
    {
        public static readonly Ask Instance = new();
    }
}
