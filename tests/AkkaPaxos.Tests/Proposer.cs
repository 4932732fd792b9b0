using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>What several <see cref="Proposer"/>s learned, for a test to look at while they run.</summary>
internal sealed class DecidedLog
{
    private readonly ConcurrentDictionary<long, ConcurrentBag<Value>> _decided = [];
    private readonly ConcurrentQueue<(int Node, LeaderChanged Change)> _changes = [];

    public void Add(long slot, Value value) => _decided.GetOrAdd(slot, _ => []).Add(value);

    public void Add(int node, LeaderChanged change) => _changes.Enqueue((node, change));

    /// <summary>How many slots somebody knows to be decided.</summary>
    public int Slots => _decided.Count;

    /// <summary>What the leader of a node told its replica, without what it only told again.</summary>
    public List<LeaderChanged> Changes(int node)
    {
        var changes = new List<LeaderChanged>();
        foreach (var (_, change) in _changes.Where(c => c.Node == node))
            if (changes.LastOrDefault() != change) changes.Add(change);
        return changes;
    }

    /// <summary>R1, and so A5: whoever learned a slot, under whatever ballot, learned the same.</summary>
    public void AssertOneValueASlot() => Assert.All(_decided.OrderBy(d => d.Key), slot => Assert.Single(slot.Value.Distinct()));
}

/// <summary>
/// A node's replica as far as its leader notices: it proposes values of its own for slot after slot, to its own leader only, so that leaders
/// have different ones; learns what is decided; and tells its leader how far it is, with some delay.
/// </summary>
internal sealed class Proposer(int self, IActorRef leader, DecidedLog log) : UntypedActor, IWithTimers
{
    // It tells its leader of slots a while after they are decided, so that leaders often propose anew where a value is chosen already (C2).
    private const long Lag = 8;

    private readonly Dictionary<(long, Ballot), Value> _learned = [];
    private readonly HashSet<long> _decided = [];
    private long _slotOut = 1;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", "tick", TimeSpan.FromMilliseconds(10));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case "tick":
                for (var slot = _slotOut; slot < _slotOut + 4; slot++)
                    leader.Tell(new Propose(slot, Mine(slot)), Self);
                break;
            case Learned m:
                _learned[(m.PValue.Slot, m.PValue.Ballot)] = m.PValue.Value;
                break;
            case Decision m:
                // As a replica does: what it is told again it does not answer, or the two would go on for ever.
                if (_decided.Add(m.Slot))
                {
                    while (_decided.Contains(_slotOut)) _slotOut++;
                    leader.Tell(new Executed(Math.Max(1, _slotOut - Lag)), Self);
                }
                if ((m.Value ?? _learned.GetValueOrDefault((m.Slot, m.Ballot))) is { } value) log.Add(m.Slot, value);
                break;
            case LeaderChanged m:
                log.Add(self, m);
                break;
        }
    }

    private Value Mine(long slot) => Value.Batch([new Command(self, slot, slot, Encoding.UTF8.GetBytes($"node {self} for slot {slot}"))]);
}
