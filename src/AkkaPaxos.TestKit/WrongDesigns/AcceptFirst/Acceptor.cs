using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.WrongDesigns.AcceptFirst;

//   Proposer1 2 3      Acceptor1 2 3
//      |  |  |            |  |  |
//      |----------------->|  |  |   Accept(1.1, X)
//      |  |----------------->|  |   Accept(1.2, Y)
//      |  |  |----------------->|   Accept(1.3, Z): split votes; each refuses the others' values, and nothing is ever chosen

/// <summary>
/// The first seed's problem B. There are several acceptors, each accepts the first value that it receives and no other, and a value is chosen
/// once a majority has accepted it.
/// With two proposers it takes a crash too: the third acceptor's vote never comes. So an acceptor must sometimes accept several different values.
/// </summary>
/// <param name="context">What it is given.</param>
public sealed class Acceptor(SynodContext context) : OnePhaseAcceptor(context)
{
    /// <inheritdoc/>
    protected override bool Accepts(Proposal? accepted) => accepted is null;
}
