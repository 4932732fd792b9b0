using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.WrongDesigns.SingleAcceptor;

//   Proposer1  Proposer2   Acceptor   Learner
//       |          |          |          |
//       |-------------------->|          |   Accept(1.1, X)
//       |<--------------------|--------->|   Accepted(1.1, X): X is chosen, and the learner knows
//       |          |          !          |   !! the acceptor crashes, and is started again !!
//       |          |--------->|          |   Accept(1.2, Y)
//       |          |<---------|--------->|   Accepted(1.2, Y): Y is chosen too

/// <summary>
/// The first seed's problem A. The easiest way to choose a value: there is one acceptor, and it chooses the first value that it receives.
/// What if it crashes after choosing? Until it is back nobody can find out what is chosen; and with its memory gone, another value is chosen.
/// A journal would mend the second, not the first. So there must be several acceptors.
/// </summary>
public sealed class Acceptor : UntypedActor
{
    private readonly SynodContext _context;
    private readonly SynodLink _link;
    private Proposal? _chosen;

    /// <summary>The acceptor that <paramref name="context"/> describes.</summary>
    /// <exception cref="ArgumentException">It is not the only one.</exception>
    public Acceptor(SynodContext context)
    {
        if (context.Peers.Acceptors.Count != 1)
            throw new ArgumentException($"the design 'single-acceptor' has one acceptor, not {context.Peers.Acceptors.Count}", nameof(context));
        _context = context;
        _link = new SynodLink(Context, context, SynodRole.Acceptor);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Accept m: OnAccept(m); break;
            case Inquire m:
                if (_chosen is not null) _link.Tell(SynodRole.Learner, m.From, Accepted(_chosen));
                break;
            case AskState: Sender.Tell(new AcceptorState(_context.Self, Ballot.Bottom, _chosen, Ballot.Bottom, _chosen), Self); break;
            default: Unhandled(message); break;
        }
    }

    private void OnAccept(Accept accept)
    {
        _chosen ??= new Proposal(accept.Ballot, accept.Value);
        object answer = _chosen.Ballot == accept.Ballot ? Accepted(_chosen) : new Nack(_context.Self, accept.Ballot, _chosen.Ballot);
        _link.Tell(SynodRole.Proposer, accept.Ballot.Leader, answer);
        if (_context.Settings.DistinguishedLearner == NodeId.None) _link.TellAll(SynodRole.Learner, Accepted(_chosen));
        else _link.Tell(SynodRole.Learner, _context.Settings.DistinguishedLearner, Accepted(_chosen));
    }

    private Accepted Accepted(Proposal proposal) => new(_context.Self, proposal.Ballot, proposal.Value);
}
