using Akka.Actor;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// The linearizable questions at a leader: while it leads each has a confirmer, or is answered by its lease; those of a node that cannot reach the leader it passes on to one that leads. Also
/// whether a quorum still answers a leader that nobody asks anything.
/// </summary>
/// <remarks>
/// The answer is the highest slot that anyone can have had an answer from when the question came. A write acknowledged before that was chosen, and
/// so was all below it: what was chosen under a lower ballot the scout found, or it is below the floor; of what was chosen under this one a
/// commander told this leader before it told any replica; and under a higher one it cannot be, as the confirmer makes sure. So also a leader
/// that was adopted just now can answer, and one whose acceptors can promise but not write: what they cannot write, nobody waits for. While it
/// has a lease no other can have been adopted, and nobody is asked.
/// </remarks>
/// <param name="context">The node's.</param>
/// <param name="link">How the leader sends.</param>
/// <param name="clock">The node's.</param>
internal sealed class LeaderReads(RoleContext context, RoleLink link, IScheduler clock)
{
    private const long NotLeading = -1; // as the slot of a ReadIndexResult

    // So many questions that were passed on may wait; who asked the oldest asks again.
    private const int MostPassedOn = 1024;

    // Who asked, the ballot that leads, and the highest slot that anyone can have had an answer from when the question came. The leader itself asks without a number.
    private sealed record Read(IActorRef? Asker, long Id, Ballot Ballot, long Slot, Configuration Governing, TimeSpan AskedAt, LeaderChild Confirmer);

    private readonly SortedDictionary<long, Read> _reads = []; // by the number of the confirmer
    private readonly List<(IActorRef Asker, long Id)> _held = [];
    private readonly SortedDictionary<long, (IActorRef Asker, long Id)> _passedOn = [];
    private readonly LeaderLease _lease = new(context.Settings);
    private long _confirmers;
    private long _nextPassedOn = clock.Now.UtcTicks; // higher at each start: an answer to a question of an earlier life is none to a new one

    /// <summary>The confirmers, in the order of the questions.</summary>
    public IEnumerable<LeaderChild> Confirmers => _reads.Values.Select(r => r.Confirmer);

    /// <summary>A question to a leader that leads.</summary>
    /// <param name="asker">Who asks; null where it is the leader itself, to learn whether a quorum answers.</param>
    /// <param name="id">The asker's number for it.</param>
    /// <param name="ballot">The leader's.</param>
    /// <param name="slot">The highest slot that anyone can have had an answer from. Its acceptors are not asked, but those of the next one: before anyone can have an
    /// answer from a later slot another leader needs their promises, whatever configurations govern those behind (M1).</param>
    /// <param name="confirmer">Makes a confirmer with a number.</param>
    public void Ask(IActorRef? asker, long id, Ballot ballot, long slot, Func<long, LeaderChild> confirmer)
    {
        if (asker is null && _reads.Values.Any(r => r.Asker is null)) return; // one is under way
        var now = clock.HighResMonotonicClock;
        var governing = context.Membership.At(slot + 1);
        if (asker is not null && _lease.Holds(now, governing)) Answer(asker, id, slot, ballot.Round);
        else _reads.Add(++_confirmers, new Read(asker, id, ballot, slot, governing, now, confirmer(_confirmers)));
    }

    /// <summary>A question that cannot be asked yet: what governs the next slot is not known before the replica beside has executed more.</summary>
    public void Hold(IActorRef asker, long id) => _held.Add((asker, id));

    /// <summary>The questions that are held, to be asked now.</summary>
    public List<(IActorRef Asker, long Id)> TakeHeld()
    {
        if (_held.Count == 0) return [];
        var held = _held.ToList();
        _held.Clear();
        return held;
    }

    /// <summary>A question to a leader that does not lead.</summary>
    /// <param name="asker">Who asks.</param>
    /// <param name="question">What.</param>
    /// <param name="next">Whose leader it is passed on to, where it may be, and whether that one leads.</param>
    public void PassOn(IActorRef asker, ReadIndex question, (NodeId Node, bool Leads)? next)
    {
        if (question.Hops <= 0 || next is not var (node, leads))
        {
            Answer(asker, question.Id, NotLeading, 0);
            return;
        }

        if (_passedOn.Count >= MostPassedOn) _passedOn.Remove(_passedOn.Keys.First());
        _passedOn.Add(_nextPassedOn, (asker, question.Id));
        link.Tell(node, "leader", context.Peers.Leader(node), new ReadIndex(_nextPassedOn++, leads ? 0 : question.Hops - 1));
    }

    /// <summary>The answer to a question that was passed on.</summary>
    public void Answered(ReadIndexResult result)
    {
        if (_passedOn.Remove(result.Id, out var asked)) Answer(asked.Asker, asked.Id, result.Slot, result.Round);
    }

    /// <summary>A confirmer has ended: a quorum has answered.</summary>
    public void Confirmed(BallotConfirmed confirmed)
    {
        if (!_reads.Remove(confirmed.Id, out var read)) return;
        _lease.Granted(read.AskedAt, confirmed.Lease, read.Governing); // from then on acceptors may have counted
        if (read.Asker is { } asker) Answer(asker, read.Id, read.Slot, read.Ballot.Round);
    }

    /// <summary>The leader leads no more.</summary>
    public void End()
    {
        foreach (var read in _reads.Values)
        {
            read.Confirmer.Stop();
            if (read.Asker is { } asker) Answer(asker, read.Id, NotLeading, 0);
        }

        foreach (var (asker, id) in TakeHeld()) Answer(asker, id, NotLeading, 0);
        _reads.Clear();
        _lease.End();
    }

    private void Answer(IActorRef asker, long id, long slot, long round) =>
        link.Tell(NodeId.None, "replica", asker, new ReadIndexResult(id, slot, round));
}
