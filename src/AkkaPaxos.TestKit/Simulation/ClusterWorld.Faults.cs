using Akka.Actor;
using Akka.Dispatch.SysMsg;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.TestKit.Simulation;

// The network, and what goes wrong with messages, links, nodes and clocks.
internal sealed partial class ClusterWorld
{
    private readonly Dictionary<(string From, string To), int> _cut = []; // how many partitions lie on a link
    private int _heals; // a partition that was healed before its time does not end another one
    private readonly Dictionary<(string From, string To), Link> _links = [];
    private bool _wasCalm;

    private sealed class Link(ulong key)
    {
        private long _messages;

        public TimeSpan LastArrival { get; set; }

        /// <summary>Chance for the next message: its own, whatever happens to others.</summary>
        public SeededChance Next() => new(key, ++_messages);
    }

    private void ScheduleFaults()
    {
        _wasCalm = _settings.IsCalm;
        Faults.Every("crash", s => s.Crashes, CrashSomeone);
        Faults.Every("role-crash", s => s.RoleCrashes, CrashSomeRole);
        Faults.Every("partition", s => s.Partitions, PartitionSomehow);
        Faults.Every("slow-disk", s => s.SlowDisks, chance => Always(
            () => _slowUntil[Someone(ref chance).Name] = Now + TimeSpan.FromSeconds(3 * chance.NextDouble())));
        Faults.Every("failing-disk", s => s.FailingDisks, chance => Always(
            () => _failingUntil[Someone(ref chance).Name] = Now + TimeSpan.FromSeconds(chance.NextDouble())));
        Faults.Every("corrupt-record", s => s.CorruptRecords, CorruptSomeRecord);
        Faults.Every("clock-jump", s => s.ClockJumps, chance => Always(
            () => Someone(ref chance).ClockOffset = TimeSpan.FromSeconds(chance.Next(-3600, 3600))));
        Faults.Every("reconfiguration", s => s.Reconfigurations, chance => Always(() =>
        {
            Tell(ClientNode, "operator", Operator.Change.Instance);
            if (Members.Where(n => Observer.IsGone(n.Name)).ToList() is not { Count: > 0 } gone) return;
            Faults.Count("decommission");
            LoseDisk(gone[chance.Next(gone.Count)], ref chance);
        }));
        Faults.Every("lost-disk", s => s.LostDisks, chance =>
        {
            var node = Someone(ref chance);
            if (!Observer.MayLoseDisk(node.Name)) return false;
            LoseDisk(node, ref chance);
            return true;
        });
        if (_settings is { StateMachine: null, Clients: > 0 })
            Faults.Every("reconnect", s => s.Reconnects, chance => Always(
                () => Tell(ClientNode, $"c{1 + chance.Next(_settings.Clients)}", Reconnect.Instance)));
    }

    private static bool Always(Action fault)
    {
        fault();
        return true;
    }

    private SimulatedNode Someone(ref SeededChance chance) => Members[chance.Next(_size)];

    // ---- messages ----

    public override void Send(Frame frame)
    {
        Messages++;
        Driver.Trace.Add(frame.From.Name);
        Driver.Trace.Add(frame.To);
        if (frame.Bytes is not null) Driver.Trace.Add(frame.Bytes);
        Observer.Sent(frame.From.Name, frame.Message, frame.Sender, frame.From.Starts, frame.To, frame.Target.Name);
        var link = (frame.From.Name, frame.To);
        if (!_links.TryGetValue(link, out var known))
            _links.Add(link, known = new Link(SeededChance.Key(_seed, $"{frame.From.Name} {frame.To}")));
        var chance = known.Next();
        // Always in this order, so that leaving one kind out does not change the others.
        var (dropped, duplicated) = (Strikes(_settings.Drop, ref chance), Strikes(_settings.Duplicate, ref chance));
        if (_cut.ContainsKey(link))
        {
            Events.Lost(Now, frame, "cut off");
            return;
        }
        if (dropped && Faults.Has("drop"))
        {
            Faults.Count("drop");
            Events.Lost(Now, frame, "dropped");
            return;
        }
        Carry(frame, known, Arrival(ref chance));
        if (!duplicated || !Faults.Has("duplicate")) return;
        Faults.Count("duplicate");
        Carry(frame, known, Arrival(ref chance));
    }

    private bool MessagesSuffer => Now >= _settings.MessageFaultsFrom && Now < _settings.MessageFaultsUntil;

    // Draws in any case.
    private bool Strikes(double rate, ref SeededChance chance) => chance.NextDouble() < rate && MessagesSuffer;

    private (TimeSpan Delay, bool IsLong) Arrival(ref SeededChance chance)
    {
        var delay = TimeSpan.FromMicroseconds(chance.Next(100, 3000));
        var (isLong, more) = (Strikes(_settings.Delay, ref chance), chance.NextDouble());
        return isLong && Faults.Has("delay") ? (delay + _settings.LongDelay * more, true) : (delay, false);
    }

    private void Carry(Frame frame, Link link, (TimeSpan Delay, bool IsLong) how)
    {
        var arrival = Now + how.Delay;
        if (how.IsLong) Faults.Count("delay");
        if (link.LastArrival >= arrival)
        {
            if (_settings.Reorder && MessagesSuffer && Faults.Has("reorder")) Faults.Count("reorder");
            else arrival = link.LastArrival + TimeSpan.FromTicks(1);
        }
        if (arrival > link.LastArrival) link.LastArrival = arrival;
        Faults.After(arrival - Now, () =>
        {
            if (_cut.ContainsKey((frame.From.Name, frame.To))) Events.Lost(Now, frame, "cut off");
            else if (!Nodes.TryGetValue(frame.To, out var node) || node.Current is not { } target) Events.Lost(Now, frame, $"{frame.To} is down");
            else
            {
                Events.Delivered(Now, frame);
                frame.Arrive(target);
            }
        });
    }

    // ---- links ----

    private bool PartitionSomehow(SeededChance chance)
    {
        if (_size == 1) return false;
        List<(string From, string To)> cuts;
        var all = Members.Select(n => n.Name).ToList();
        switch (chance.Next(5))
        {
            case 0: // two sides
                // A number whose bits say who is on this side: neither nobody nor everybody.
                var bits = 1 + chance.Next((1 << _size) - 2);
                cuts = LinksOf(all.Where((_, i) => (bits & (1 << i)) != 0).ToList());
                break;
            case 1: // one node hears nothing, or is not heard
                var one = Someone(ref chance).Name;
                var deaf = chance.Next(2) == 0;
                cuts = [.. all.Where(n => n != one).Select(n => deaf ? (n, one) : (one, n))];
                break;
            case 2: // partial: A-B-C with A-C cut
                var first = chance.Next(_size);
                var (x, y) = (all[first], all[(first + 1 + chance.Next(_size - 1)) % _size]);
                cuts = [(x, y), (y, x)];
                break;
            case 3: // a chain: each reaches but the next and the one before, as in A-B-C-D-E
                var start = chance.Next(_size);
                var chain = Enumerable.Range(0, _size).Select(i => all[(start + i) % _size]).ToList();
                cuts = [.. chain.SelectMany((a, i) => chain.Skip(i + 2).SelectMany(b => new[] { (a, b), (b, a) }))];
                break;
            default: // one node alone
                cuts = LinksOf([Someone(ref chance).Name]);
                break;
        }
        foreach (var (from, to) in cuts) Cut(from, to);
        var heals = _heals;
        Faults.After(_settings.PartitionTime * chance.NextDouble(), () =>
        {
            if (heals != _heals) return;
            foreach (var (from, to) in cuts) Heal(from, to);
        });
        return true;
    }

    public void Partition(IReadOnlyCollection<string> side)
    {
        foreach (var (from, to) in LinksOf(side)) Cut(from, to);
    }

    // Both ways between the nodes of a side and all others.
    private List<(string From, string To)> LinksOf(IReadOnlyCollection<string> side)
    {
        var others = Members.Select(n => n.Name).Except(side).ToList();
        return [.. side.SelectMany(a => others.SelectMany(b => new[] { (a, b), (b, a) }))];
    }

    public void Cut(string from, string to)
    {
        Node(from);
        Node(to);
        var partitions = _cut[(from, to)] = _cut.GetValueOrDefault((from, to)) + 1;
        if (partitions == 1) Events.Add(new LinkCut(Now, from, to));
    }

    private void Heal(string from, string to)
    {
        if (--_cut[(from, to)] > 0) return;
        _cut.Remove((from, to));
        Events.Add(new LinkHealed(Now, from, to));
    }

    public void Heal()
    {
        _heals++;
        foreach (var (from, to) in _cut.Keys.Order().ToList())
        {
            _cut[(from, to)] = 1;
            Heal(from, to);
        }
    }

    // ---- nodes ----

    private bool CrashSomeone(SeededChance chance)
    {
        var node = Someone(ref chance);
        if (node.Current is null) return false;
        Crash(node, ref chance);
        RestartLater(node, ref chance);
        return true;
    }

    private bool CrashSomeRole(SeededChance chance)
    {
        var node = Someone(ref chance);
        var roles = MultiPaxosNode.ProductRoles;
        var role = roles[chance.Next(roles.Count)];
        if (node.Current is not { } life || !life.TrySend(ActorPath.Parse(SimulatedNode.PathOf(node.Name, role)), new Terminate())) return false;
        Events.Add(new RoleFailed(Now, node.Name, role, new InvalidOperationException("the simulation ended it")));
        return true;
    }

    private void RestartLater(SimulatedNode node, ref SeededChance chance) => Faults.After(_settings.Downtime * chance.NextDouble(), () =>
    {
        if (node.Current is null) Restart(node.Name);
    });

    public void Crash(string name)
    {
        var chance = new SeededChance(_seed, $"crash of {name}", Now.Ticks);
        Crash(Node(name), ref chance);
    }

    private void Crash(SimulatedNode node, ref SeededChance chance)
    {
        Driver.Trace.Add("crash " + node.Name);
        node.Crash();
        if (node.Disk.Log is { } log) Crash(node.Disk.JournalTail, log, ref chance);
        else node.Synced(node.Disk.JournalTail.Crash(Kept(node.Disk.JournalTail, ref chance)));
        node.Synced(node.Disk.SnapshotTail.Crash(Kept(node.Disk.SnapshotTail, ref chance)));
        Events.Add(new NodeCrashed(Now, node.Name));
    }

    // The oldest of what is not synced has reached the disk all the same, up to any record where the last write is torn.
    private int Kept(DiskTail tail, ref SeededChance chance)
    {
        var (kept, isTorn) = (chance.Next(tail.Unsynced + 1), chance.NextDouble() < _settings.TornWrites && Faults.Has("torn-write"));
        var whole = tail.InWholeWrites(kept);
        if (!isTorn || whole == kept) return whole;
        Faults.Count("torn-write");
        return kept;
    }

    private void Crash(DiskTail tail, SimulatedLog log, ref SeededChance chance)
    {
        tail.Crash(log, chance.NextDouble() < _settings.TornWrites && Faults.Has("torn-write"), chance, out var wasTorn);
        if (wasTorn) Faults.Count("torn-write");
    }

    public void Restart(string name)
    {
        if (Node(name).Current is not null) throw new InvalidOperationException($"{name} is up: crash it first");
        Driver.Trace.Add("restart " + name);
        Node(name).Start();
        Events.Add(new NodeStarted(Now, name, Node(name).Starts));
    }
}
