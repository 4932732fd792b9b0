using AkkaPaxos.Synod;

namespace AkkaPaxos.Tests;

/// <summary>
/// Runs of single-decree Paxos that a wrong rule makes unsafe, written down once: <see cref="SynodRunTests"/> shows that the real roles pass them,
/// <see cref="SynodMutationTests"/> that doubles with one wrong rule each fail one. Five acceptors as in the first seed's figures, or three; P1
/// proposes X with round 3, P5 proposes Y with round 4.
/// </summary>
internal static class SynodRuns
{
    /// <summary>The numbers 3.1 and 4.5 of the first seed, among five acceptors.</summary>
    public static SynodNet Five(SynodTestBase kit, SynodSettings settings, SynodRoles? roles = null) =>
        new(kit, settings, roles, acceptors: 5, proposers: [1, 5]);

    /// <summary>P3.1 A3.1 P4.5 A4.5: the previous value is chosen already; the new proposer finds it and uses it.</summary>
    public static void PreviousValueChosen(SynodNet net)
    {
        net.Request("P1", 3, "X");
        net.Request("P5", 4, "Y");
        net.Phase1("P1", 1, 2, 3);
        net.Phase2("P1", 1, 2, 3);
        net.Phase1("P5", 3, 4, 5);
        net.Phase2("P5", 3, 4, 5);
        net.AssertSafe();
    }

    /// <summary>P3.1 P4.5 A3.1 A4.5 where the new proposer sees the value: it uses it, and both succeed.</summary>
    public static void PreviousValueSeen(SynodNet net)
    {
        net.Request("P1", 3, "X");
        net.Request("P5", 4, "Y");
        net.Phase1("P1", 1, 2, 3);
        net.Phase2("P1", 3);
        net.Phase1("P5", 3, 4, 5);
        net.Phase2("P1", 1, 2);
        net.Phase2("P5", 3, 4, 5);
        net.AssertSafe();
    }

    /// <summary>P3.1 P4.5 A4.5 A3.1: the new proposer does not see the value and chooses its own; the old one is blocked.</summary>
    public static void PreviousValueNotSeen(SynodNet net)
    {
        net.Request("P1", 3, "X");
        net.Request("P5", 4, "Y");
        net.Phase1("P1", 1, 2, 3);
        net.Phase2("P1", 1);
        net.Phase1("P5", 3, 4, 5);
        net.Phase2("P5", 3, 4, 5);
        net.Phase2("P1", 2, 3);
        net.AssertSafe();
    }

    /// <summary>The acceptor that both quorums share crashes between its promise of 4.5 and the old proposer's accept.</summary>
    public static void RestartBetweenPromiseAndAccept(SynodNet net)
    {
        net.Request("P1", 3, "X");
        net.Request("P5", 4, "Y");
        net.Phase1("P1", 1, 2, 3);
        net.Phase1("P5", 3, 4, 5);
        net.Restart("A3");
        net.Phase2("P1", 1, 2, 3);
        net.Phase2("P5", 3, 4, 5);
        net.AssertSafe();
    }

    /// <summary>Three acceptors: one has accepted X, another Y under another number, the third neither.</summary>
    public static void AcceptedUnderDifferentNumbers(SynodNet net)
    {
        net.Request("P1", 1, "X");
        net.Request("P2", 2, "Y");
        net.Phase1("P1", 1, 3);
        net.Phase2("P1", 1);
        net.Phase1("P2", 2, 3);
        net.Phase2("P2", 2);
        net.AssertSafe();
    }

    /// <summary>Three acceptors: each proposer reaches another one only.</summary>
    public static void OneAcceptorEach(SynodNet net)
    {
        net.Request("P1", 1, "X");
        net.Request("P2", 2, "Y");
        net.Phase1("P1", 1);
        net.Phase2("P1", 1);
        net.Phase1("P2", 3);
        net.Phase2("P2", 3);
        net.AssertSafe();
    }
}
