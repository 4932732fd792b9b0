using Akka.Actor;

namespace AkkaPaxos.MultiPaxos;

/// <summary>A question and who asks it.</summary>
internal readonly record struct PendingQuery(IActorRef Client, Query Query, long Since)
{
    /// <summary>What it takes to wait, in bytes; with what is around the operation.</summary>
    public long Bytes => Query.Operation.Length + 200;

    /// <summary>Whether it is one of a client's questions.</summary>
    public bool IsOneOf(IActorRef client, IReadOnlySet<long> ids) => ids.Contains(Query.Id) && Client.Equals(client);
}

/// <summary>
/// Linearizable questions at a replica (PMMC 4.4; etcd's ReadIndex). Those that arrive while the leader is being asked for a slot gather and
/// share the next such exchange; a question waits until its slot is executed. Its numbers start higher at each start of the replica, so that
/// an answer to one of an earlier life is none to a new question.
/// </summary>
internal sealed class ReplicaReads(long firstId)
{
    private List<PendingQuery> _waiting = []; // for the leader to be asked
    private List<PendingQuery> _asked = [];   // the leader is being asked
    private readonly SortedDictionary<long, List<PendingQuery>> _bySlot = []; // that slot must be executed
    private long _id = firstId;
    private long _askedAt;

    /// <summary>Bytes of all questions that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether <see cref="Ask"/> has something to ask the leader.</summary>
    public bool CanAsk => _waiting.Count > 0 && _asked.Count == 0;

    public void Add(PendingQuery asked)
    {
        _waiting.Add(asked);
        Bytes += asked.Bytes;
    }

    /// <summary>What to ask the leader now; null where it is being asked, or nobody wants to know.</summary>
    public ReadIndex? Ask(long tick)
    {
        if (!CanAsk) return null;
        (_asked, _waiting) = (_waiting, _asked);
        _askedAt = tick;
        return new ReadIndex(++_id);
    }

    /// <summary>What to ask again, as the answer is overdue or another node leads; null where nothing is being asked.</summary>
    public ReadIndex? AskAgain(long tick, long patience)
    {
        if (_asked.Count == 0 || tick - _askedAt < patience) return null;
        _askedAt = tick;
        return new ReadIndex(_id);
    }

    /// <summary>The leader's answer. False where it is none that counts: to an older question, or from one that does not lead.</summary>
    public bool Answered(ReadIndexResult result)
    {
        if (result.Id != _id || _asked.Count == 0 || result.Slot < 0) return false;
        if (_bySlot.TryGetValue(result.Slot, out var same)) same.AddRange(_asked);
        else _bySlot.Add(result.Slot, [.. _asked]);
        _asked.Clear();
        return true;
    }

    /// <summary>Takes the questions whose slot is executed, in the order of their slots.</summary>
    public List<PendingQuery> TakeReady(long slotOut)
    {
        var ready = new List<PendingQuery>();
        while (_bySlot.Count > 0 && _bySlot.First() is var (slot, queries) && slot < slotOut)
        {
            ready.AddRange(queries);
            foreach (var asked in queries) Bytes -= asked.Bytes;
            _bySlot.Remove(slot);
        }
        return ready;
    }

    /// <summary>Forgets what was asked before a tick: a client that still wants to know has asked again since.</summary>
    public void Forget(long before) => Remove(q => q.Since < before);

    /// <summary>Nobody waits for these any more.</summary>
    public void Withdraw(IActorRef client, IReadOnlySet<long> ids) => Remove(q => q.IsOneOf(client, ids));

    private void Remove(Func<PendingQuery, bool> isGone)
    {
        RemoveFrom(_waiting);
        if (RemoveFrom(_asked) && _asked.Count == 0) _id++; // its answer counts for nobody
        foreach (var (slot, queries) in _bySlot.ToList())
            if (RemoveFrom(queries) && queries.Count == 0) _bySlot.Remove(slot);

        bool RemoveFrom(List<PendingQuery> queries)
        {
            foreach (var asked in queries)
                if (isGone(asked)) Bytes -= asked.Bytes;
            return queries.RemoveAll(q => isGone(q)) > 0;
        }
    }
}
