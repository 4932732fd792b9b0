using AkkaPaxos.Synod;

namespace AkkaPaxos.TestKit.WrongDesigns;

/// <summary>
/// A design that the seeds begin with and find wrong: for teaching, and for testing whether a checker notices. All have one phase only: a
/// proposer asks the acceptors to accept its value at once. Client and learner are those of single-decree Paxos, so the messages are too. No
/// node can run one: they are not in the library.
/// </summary>
/// <param name="Name">What scenarios call it, for example <c>accept-first</c>.</param>
/// <param name="Proposer">Its proposer, with a public constructor that takes a <see cref="SynodContext"/>.</param>
/// <param name="Acceptor">Its acceptor, with a public constructor that takes a <see cref="SynodContext"/>.</param>
/// <param name="Flaw">What is wrong with it, in one sentence.</param>
public sealed record WrongDesign(string Name, Type Proposer, Type Acceptor, string Flaw)
{
    /// <summary>The first seed's problem A: one acceptor, which chooses the first value that it receives.</summary>
    public static readonly WrongDesign SingleAcceptor = new("single-acceptor", typeof(OnePhaseProposer), typeof(SingleAcceptor.Acceptor),
        "when the acceptor crashes the chosen value is gone with it");

    /// <summary>Problem B: several acceptors, each of which accepts only the first value that it receives.</summary>
    public static readonly WrongDesign AcceptFirst = new("accept-first", typeof(OnePhaseProposer), typeof(AcceptFirst.Acceptor),
        "votes may split so that no value ever has a majority");

    /// <summary>Problem C: several acceptors, each of which accepts every value that it receives.</summary>
    public static readonly WrongDesign AcceptEverything = new("accept-everything", typeof(OnePhaseProposer), typeof(AcceptEverything.Acceptor),
        "one value after another may get a majority");

    /// <summary>All of them, in the seed's order.</summary>
    public static IReadOnlyList<WrongDesign> All { get; } = [SingleAcceptor, AcceptFirst, AcceptEverything];
}
