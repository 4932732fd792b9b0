namespace AkkaPaxos.TestKit.Diagrams;

/// <summary>Which lifeline a role's message starts from or ends at.</summary>
public static class RoleLifelines
{
    private static readonly string[] Learning = ["Learned", "Decision", "Decisions", "CatchUp", "SnapshotOffer", "FetchSnapshot", "SnapshotChunk"];

    /// <summary>The lifeline of a role as protocol events name it: <c>replica</c>, <c>leader</c>, <c>scout</c>, …</summary>
    /// <param name="role">The role; one that is not known goes to the right of all others.</param>
    /// <param name="node">The node's number.</param>
    /// <param name="message">The message's kind: a replica that learns from it stands on the right.</param>
    public static Lifeline Of(string role, int node, string message) => role switch
    {
        "client" => new Lifeline(LifelineGroup.Client, 0),
        "proposer" => new Lifeline(LifelineGroup.Proposer, node),
        "snapshotter" or "fetcher" => new Lifeline(LifelineGroup.LearningReplica, node), // by them it learns
        "replica" => new Lifeline(Learning.Contains(message) ? LifelineGroup.LearningReplica : LifelineGroup.Replica, node),
        "leader" => new Lifeline(LifelineGroup.Leader, node),
        "scout" => new Lifeline(LifelineGroup.Scout, node),
        "commander" => new Lifeline(LifelineGroup.Commander, node),
        "confirmer" => new Lifeline(LifelineGroup.Confirmer, node),
        "acceptor" => new Lifeline(LifelineGroup.Acceptor, node),
        "learner" => new Lifeline(LifelineGroup.Learner, node),
        _ => new Lifeline(LifelineGroup.Other, node),
    };
}
