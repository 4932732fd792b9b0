using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.WrongDesigns.AcceptEverything;

//   Proposer1 2        Acceptor1 2 3
//      |  |               |  |  |
//      |----------------->|->|  |   Accept(1.1, X): accepted by a majority, X is chosen
//      |  |----------------->|->|   Accept(1.2, Y): accepted by a majority, Y is chosen too

/// <summary>
/// The first seed's problem C. There are several acceptors, each accepts every value that it receives, and a value is chosen once a majority
/// has accepted it.
/// So a proposer must look first what may be chosen, and propose that (two phases); and since the first may be slow and come after all,
/// proposals must be ordered and old ones refused.
/// </summary>
/// <param name="context">What it is given.</param>
public sealed class Acceptor(SynodContext context) : OnePhaseAcceptor(context)
{
    /// <inheritdoc/>
    protected override bool Accepts(Proposal? accepted) => true;
}
