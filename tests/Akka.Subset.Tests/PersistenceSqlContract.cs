using Akka.Actor;
using Akka.Persistence;
using static Akka.Subset.Tests.Systems;

namespace Akka.Subset.Tests;

/// <summary>What the SQL journal and snapshot store keep, on any database. Each test has persistence ids of its own.</summary>
public abstract class PersistenceSqlContract : IDisposable
{
    private readonly List<ActorSystem> _systems = [];
    private readonly string _id = Guid.NewGuid().ToString("N");

    protected abstract string ProviderName { get; }
    protected abstract string ConnectionString { get; }

    protected static string Hocon(string providerName, string connectionString) => $$"""
        akka.persistence.journal.plugin = "akka.persistence.journal.sql"
        akka.persistence.journal.sql {
          class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
          connection-string = "{{connectionString}}"
          provider-name = "{{providerName}}"
          recovery-event-timeout = 10s
        }
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.sql"
        akka.persistence.snapshot-store.sql {
          class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
          connection-string = "{{connectionString}}"
          provider-name = "{{providerName}}"
        }
        """;

    protected string Id(string name) => $"{name}-{_id}";

    public virtual void Dispose()
    {
        _systems.ForEach(s => s.Stop());
        GC.SuppressFinalize(this);
    }

    private protected (ActorSystem System, Inbox Inbox) Begin(string extra = "")
    {
        var system = Start(extra + "\n" + Hocon(ProviderName, ConnectionString));
        _systems.Add(system);
        return (system, new Inbox(system));
    }

    protected void End(ActorSystem system)
    {
        _systems.Remove(system);
        system.Stop();
    }

    private protected static IActorRef StartJournaler(ActorSystem system, Inbox inbox, string id) =>
        system.ActorOf(Props.Create(() => new Journaler(id, inbox.Ref, Recovery.Default)));

    private protected static Journaler.Do Do(Action<Journaler> action) => new(action);

    protected void Events_survive_the_actor_system()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, Id("a"));
        inbox.Expect("recovered:0");
        for (var i = 1; i <= 500; i++) actor.Tell($"async e{i}");
        actor.Tell("persist last");
        inbox.Expect([.. Enumerable.Range(1, 500).Select(i => $"e{i}"), "last"]);
        End(system);

        (system, inbox) = Begin();
        actor = StartJournaler(system, inbox, Id("a"));
        inbox.Expect([.. Enumerable.Range(1, 500).Select(i => $"r:e{i}"), "r:last", "recovered:501"]);
        actor.Tell("persist more");
        inbox.Expect("more");
        StartJournaler(system, inbox, Id("a"));
        inbox.Expect([.. Enumerable.Range(1, 500).Select(i => $"r:e{i}"), "r:last", "r:more", "recovered:502"]);
    }

    protected void Many_actors_write_at_once()
    {
        const int actors = 20, events = 100;
        var (system, _) = Begin();
        var inboxes = Enumerable.Range(0, actors).Select(_ => new Inbox(system)).ToList();
        var journalers = inboxes.Select((inbox, i) => StartJournaler(system, inbox, Id($"many{i}"))).ToList();
        inboxes.ForEach(inbox => inbox.Expect("recovered:0"));
        for (var e = 1; e <= events; e++) journalers.ForEach(j => j.Tell($"{(e % 2 == 0 ? "persist" : "async")} e{e}"));
        inboxes.ForEach(inbox => inbox.Expect([.. Enumerable.Range(1, events).Select(e => $"e{e}")]));
        End(system);

        (system, _) = Begin();
        inboxes = [.. Enumerable.Range(0, actors).Select(_ => new Inbox(system))];
        for (var i = 0; i < actors; i++) StartJournaler(system, inboxes[i], Id($"many{i}"));
        inboxes.ForEach(inbox => inbox.Expect([.. Enumerable.Range(1, events).Select(e => $"r:e{e}"), $"recovered:{events}"]));
    }

    protected void Deletion_keeps_the_highest_sequence_number()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, Id("d"));
        inbox.Expect("recovered:0");
        for (var i = 1; i <= 1000; i++) actor.Tell($"async e{i}");
        for (var i = 1; i <= 1000; i++) inbox.Expect($"e{i}");
        actor.Tell(Do(a => a.DeleteMessages(997)));
        Assert.Equal(997, inbox.Next<DeleteMessagesSuccess>().ToSequenceNr);
        StartJournaler(system, inbox, Id("d"));
        inbox.Expect("r:e998", "r:e999", "r:e1000", "recovered:1000");
        actor.Tell(Do(a => a.DeleteMessages(long.MaxValue)));
        inbox.Next<DeleteMessagesSuccess>();
        actor.Tell(Do(a => a.DeleteMessages(long.MaxValue)));
        inbox.Next<DeleteMessagesSuccess>();
        End(system);

        (system, inbox) = Begin();
        actor = StartJournaler(system, inbox, Id("d"));
        inbox.Expect("recovered:1000");
        actor.Tell(Do(a => a.Persist("next", e => a.Inbox.Tell($"{e}:{a.LastSequenceNr}"))));
        inbox.Expect("next:1001");
    }

    protected void Snapshots_survive_the_actor_system()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, Id("s"));
        inbox.Expect("recovered:0");
        foreach (var e in new[] { "one", "two", "three" })
        {
            actor.Tell($"persist {e}");
            inbox.Expect(e);
            actor.Tell(Do(a => a.SaveSnapshot(string.Join(',', a.State))));
            inbox.Next<SaveSnapshotSuccess>();
        }
        // A second snapshot at the same sequence number takes the place of the first.
        actor.Tell(Do(a => a.SaveSnapshot("1,2,3")));
        inbox.Next<SaveSnapshotSuccess>();
        actor.Tell("persist four");
        inbox.Expect("four");
        End(system);

        (system, inbox) = Begin();
        actor = StartJournaler(system, inbox, Id("s"));
        inbox.Expect("s:3:1,2,3", "r:four", "recovered:4");
        actor.Tell(Do(a => a.DeleteSnapshot(3)));
        inbox.Next<DeleteSnapshotSuccess>();
        StartJournaler(system, inbox, Id("s"));
        inbox.Expect("s:2:one,two", "r:three", "r:four", "recovered:4");
        actor.Tell(Do(a => a.DeleteSnapshots(SnapshotSelectionCriteria.Latest)));
        inbox.Next<DeleteSnapshotsSuccess>();
        StartJournaler(system, inbox, Id("s"));
        inbox.Expect("r:one", "r:two", "r:three", "r:four", "recovered:4");
    }

    protected void What_cannot_be_serialized_is_refused()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, Id("u"));
        inbox.Expect("recovered:0");
        actor.Tell("persist one");
        inbox.Expect("one");
        actor.Tell("persist unserializable");
        Assert.StartsWith("rejected:unserializable:2:", inbox.Next<string>());
        actor.Tell("persist three");
        inbox.Expect("three");
        StartJournaler(system, inbox, Id("u"));
        inbox.Expect("r:one", "r:three", "recovered:3");
    }

    protected void A_sequence_number_that_exists_fails_its_own_actor_only()
    {
        var (system, inbox) = Begin();
        var other = new Inbox(system);
        var twin = new Inbox(system);
        var actor = StartJournaler(system, inbox, Id("x"));
        var second = StartJournaler(system, twin, Id("x"));
        var third = StartJournaler(system, other, Id("y"));
        inbox.Expect("recovered:0");
        twin.Expect("recovered:0");
        other.Expect("recovered:0");
        actor.Tell("persist mine");
        inbox.Expect("mine");
        twin.WatchStop(second);
        second.Tell("persist yours");
        Assert.StartsWith("failed:yours:1:", twin.Next<string>());
        twin.Expect(new Inbox.Stopped(second));
        third.Tell("persist theirs");
        other.Expect("theirs");
        actor.Tell("persist more");
        inbox.Expect("more");
        StartJournaler(system, inbox, Id("x"));
        inbox.Expect("r:mine", "r:more", "recovered:2");
    }
}
