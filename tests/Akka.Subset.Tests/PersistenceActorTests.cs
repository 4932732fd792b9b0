using Akka.Actor;
using Akka.Persistence;
using static Akka.Subset.Tests.Systems;

namespace Akka.Subset.Tests;

/// <summary>What a persistent actor may rely on, whichever journal it has.</summary>
public sealed class PersistenceActorTests : IDisposable
{
    private readonly List<ActorSystem> _systems = [];

    public void Dispose() => _systems.ForEach(s => s.Stop());

    private (ActorSystem System, Inbox Inbox) Begin(string hocon)
    {
        var system = Start(hocon);
        _systems.Add(system);
        return (system, new Inbox(system));
    }

    private static IActorRef StartJournaler(ActorSystem system, Inbox inbox, string id = "a", Recovery? recovery = null) =>
        system.ActorOf(Props.Create(() => new Journaler(id, inbox.Ref, recovery ?? Recovery.Default)));

    private static Journaler.Do Do(Action<Journaler> action) => new(action);

    [Fact]
    public void Commands_wait_until_the_handlers_of_Persist_have_run()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon);
        var journal = HeldJournal.Of(system);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell(Do(a =>
        {
            a.Persist("one", a.Handled);
            a.Persist("two", a.Handled);
            a.Inbox.Tell("issued");
        }));
        actor.Tell("next");
        inbox.Expect("issued");
        inbox.ExpectNothing();
        var write = journal.Next();
        Assert.Equal(["one", "two"], write.Events);
        write.Accept();
        inbox.Expect("one", "two", "c:next");
    }

    [Fact]
    public void Handlers_see_the_sender_of_their_command()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        var other = new Inbox(system);
        actor.Tell(Do(a => a.Persist("one", _ => a.CurrentSender.Tell("reply"))), other.Ref);
        other.Expect("reply");
    }

    [Fact]
    public void Events_of_PersistAsync_gather_while_a_write_is_under_way()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon);
        var journal = HeldJournal.Of(system);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        for (var i = 1; i <= 100; i++) actor.Tell($"async e{i}");
        actor.Tell("mark");
        inbox.Expect("c:mark");
        var first = journal.Next();
        Assert.Equal(["e1"], first.Events);
        Assert.Empty(journal.Writes);
        first.Accept();
        inbox.Expect("e1");
        var second = journal.Next();
        Assert.Equal(Enumerable.Range(2, 99).Select(i => $"e{i}"), second.Events);
        second.Accept();
        inbox.Expect([.. Enumerable.Range(2, 99).Select(i => $"e{i}")]);
    }

    [Fact]
    public void Handlers_run_in_the_order_of_the_calls_whatever_their_kind()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell(Do(a =>
        {
            a.PersistAsync("1", a.Handled);
            a.Persist("2", a.Handled);
            a.PersistAll(["3", "4"], a.Handled);
            a.DeferAsync("5", a.Handled);
            a.PersistAllAsync(["6", "7"], a.Handled);
            a.PersistAsync("8", a.Handled);
            a.DeferAsync("9", a.Handled);
        }));
        actor.Tell("end");
        for (var i = 1; i <= 4; i++) inbox.Expect($"{i}");
        // The command may come as soon as the last handler of Persist has run.
        var rest = Enumerable.Range(0, 6).Select(_ => (string)inbox.Next()).ToList();
        Assert.Equal(["5", "6", "7", "8", "9"], rest.Where(m => m != "c:end"));
        Assert.Contains("c:end", rest);
    }

    [Fact]
    public void DeferAsync_runs_at_once_when_nothing_is_pending_and_behind_pending_writes_otherwise()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon);
        var journal = HeldJournal.Of(system);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell(Do(a =>
        {
            a.DeferAsync("now", a.Handled);
            a.Inbox.Tell("after");
        }));
        inbox.Expect("now", "after");
        actor.Tell("async e1");
        actor.Tell(Do(a => a.DeferAsync("deferred", a.Handled)));
        actor.Tell("mark");
        inbox.Expect("c:mark");
        inbox.ExpectNothing();
        journal.Next().Accept();
        inbox.Expect("e1", "deferred");
        Assert.Equal(["e1"], journal.Stored.Select(e => (string)e.Payload));
    }

    [Fact]
    public void PersistAll_is_one_atomic_write()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell(Do(a => a.PersistAll(["1", "2", "3"], a.Handled)));
        var write = HeldJournal.Of(system).Next();
        var atomic = Assert.Single(write.Atomic);
        Assert.Equal((1L, 3L, 3), (atomic.LowestSequenceNr, atomic.HighestSequenceNr, atomic.Size));
        write.Accept();
        inbox.Expect("1", "2", "3");
    }

    [Fact]
    public void Persist_in_a_handler_keeps_commands_waiting()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell(Do(a => a.Persist("outer", e =>
        {
            a.Handled(e);
            a.Persist("inner", a.Handled);
        })));
        actor.Tell("next");
        inbox.Expect("outer", "inner", "c:next");
    }

    [Fact]
    public void A_refused_event_leaves_the_actor_running_and_the_others_stored()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell(Do(a =>
        {
            a.Persist("good", a.Handled);
            a.Persist("bad", a.Handled);
        }));
        actor.Tell("next");
        HeldJournal.Of(system).Next().Accept(null, new ArgumentException("not this one"));
        inbox.Expect("good", "rejected:bad:2:not this one", "c:next");
        actor.Tell("persist third");
        HeldJournal.Of(system).Next().Accept();
        inbox.Expect("third");
    }

    [Fact]
    public void A_failed_write_is_reported_and_stops_the_actor()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        inbox.WatchStop(actor);
        actor.Tell("persist one");
        actor.Tell("next");
        HeldJournal.Of(system).Next().Promise.SetException(new IOException("disk on fire"));
        inbox.Expect("failed:one:1:disk on fire", new Inbox.Stopped(actor));
        inbox.ExpectNothing();
    }

    [Fact]
    public void A_write_longer_than_call_timeout_fails()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon + "\ntest.held-journal.circuit-breaker.call-timeout = 200ms");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        inbox.WatchStop(actor);
        actor.Tell("persist one");
        Assert.StartsWith("failed:one:1:", inbox.Next<string>());
        inbox.Expect(new Inbox.Stopped(actor));
    }

    [Fact]
    public void After_max_failures_calls_fail_at_once_and_after_reset_timeout_they_are_tried_again()
    {
        var (system, inbox) = Begin(HeldJournal.Hocon + """

            test.held-journal.circuit-breaker { max-failures = 1, reset-timeout = 1s }
            """);
        var journal = HeldJournal.Of(system);
        var first = StartJournaler(system, inbox);
        var second = StartJournaler(system, inbox, "b");
        inbox.Expect("recovered:0", "recovered:0");
        first.Tell("persist one");
        journal.Next().Promise.SetException(new IOException("disk on fire"));
        inbox.Expect("failed:one:1:disk on fire");
        second.Tell("persist two");
        Assert.StartsWith("failed:two:1:", inbox.Next<string>());
        Assert.Empty(journal.Writes);

        object message;
        do
        {
            Thread.Sleep(50);
            // Recovery reads the highest sequence number through the breaker: it fails as long as that is open.
            StartJournaler(system, inbox, "c");
            message = inbox.Next();
        }
        while (message is Journaler.RecoveryFailed);
        Assert.Equal("recovered:0", message);
    }

    [Fact]
    public void Snapshots_in_local_files_are_offered_and_a_damaged_one_gives_way_to_an_older()
    {
        var folder = Directory.CreateTempSubdirectory("snapshots-");
        try
        {
            var (system, inbox) = Begin($"""
                akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.local"
                akka.persistence.snapshot-store.local.dir = "{folder.FullName}"
                """);
            var actor = StartJournaler(system, inbox, "a/b c");
            inbox.Expect("recovered:0");
            foreach (var e in new[] { "one", "two" })
            {
                actor.Tell($"persist {e}");
                inbox.Expect(e);
                actor.Tell(Do(a => a.SaveSnapshot(string.Join(',', a.State))));
                inbox.Next<SaveSnapshotSuccess>();
            }
            StartJournaler(system, inbox, "a/b c");
            inbox.Expect("s:2:one,two", "recovered:2");
            var youngest = Assert.Single(folder.GetFiles("snapshot-*-2-*"));
            File.WriteAllText(youngest.FullName, "damaged");
            StartJournaler(system, inbox, "a/b c");
            inbox.Expect("s:1:one", "r:two", "recovered:2");
            actor.Tell(Do(a => a.DeleteSnapshots(SnapshotSelectionCriteria.Latest)));
            inbox.Next<DeleteSnapshotsSuccess>();
            Assert.Empty(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_user_stash_and_the_stash_of_Persist_work_together()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        var open = false;
        Journaler.Do Guarded(string text) => Do(a =>
        {
            if (open) a.Handled(text);
            else a.Stash.Stash();
        });
        actor.Tell(Guarded("first"));
        actor.Tell(Guarded("second"));
        actor.Tell(Do(a => a.Persist("opened", e =>
        {
            open = true;
            a.Handled(e);
            a.Stash.UnstashAll();
        })));
        actor.Tell("last");
        inbox.Expect("opened", "first", "second", "c:last");
    }

    [Fact]
    public void A_restart_recovers_the_state_and_takes_the_commands_that_waited()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell("persist one");
        inbox.Expect("one");
        actor.Tell(Do(a => a.Persist("two", _ => throw new InvalidOperationException("handler fails"))));
        actor.Tell("next");
        inbox.Expect("r:one", "r:two", "recovered:2", "c:next");
        actor.Tell("persist three");
        inbox.Expect("three");
    }

    [Fact]
    public void Persisting_while_recovering_is_refused_and_stops_the_actor()
    {
        var (system, inbox) = Begin("");
        var first = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        first.Tell("persist one");
        inbox.Expect("one");
        var second = system.ActorOf(Props.Create(() => new PersistsInRecovery("a", inbox.Ref)));
        inbox.WatchStop(second);
        var failure = inbox.Next<Journaler.RecoveryFailed>();
        Assert.IsType<InvalidOperationException>(failure.Reason);
        Assert.Equal("one", failure.Message);
        inbox.Expect(new Inbox.Stopped(second));
    }

    private sealed class PersistsInRecovery(string id, IActorRef inbox) : Journaler(id, inbox, Recovery.Default)
    {
        protected override void OnRecover(object message) => Persist((string)message, Handled);
    }

    [Fact]
    public void Recovery_offers_the_snapshot_and_replays_the_events_behind_it()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        actor.Tell("persist one");
        actor.Tell("persist two");
        inbox.Expect("one", "two");
        actor.Tell(Do(a => a.SaveSnapshot(string.Join(',', a.State))));
        Assert.Equal(2, inbox.Next<SaveSnapshotSuccess>().Metadata.SequenceNr);
        actor.Tell("persist three");
        actor.Tell("persist four");
        inbox.Expect("three", "four");

        StartJournaler(system, inbox);
        inbox.Expect("s:2:one,two", "r:three", "r:four", "recovered:4");
        StartJournaler(system, inbox, recovery: new Recovery(SnapshotSelectionCriteria.Latest, 3));
        inbox.Expect("s:2:one,two", "r:three", "recovered:4");
        StartJournaler(system, inbox, recovery: new Recovery(SnapshotSelectionCriteria.None));
        inbox.Expect("r:one", "r:two", "r:three", "r:four", "recovered:4");
        StartJournaler(system, inbox, recovery: new Recovery(SnapshotSelectionCriteria.None, long.MaxValue, 2));
        inbox.Expect("r:one", "r:two", "recovered:4");
        var unrecovered = StartJournaler(system, inbox, recovery: Recovery.None);
        inbox.Expect("recovered:4");
        unrecovered.Tell(Do(a => a.Persist("five", e => a.Inbox.Tell($"{e}:{a.LastSequenceNr}"))));
        inbox.Expect("five:5");
    }

    [Fact]
    public void Deleted_snapshots_are_not_offered()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        foreach (var e in new[] { "one", "two", "three" })
        {
            actor.Tell($"persist {e}");
            inbox.Expect(e);
            actor.Tell(Do(a => a.SaveSnapshot(string.Join(',', a.State))));
            inbox.Next<SaveSnapshotSuccess>();
        }
        actor.Tell(Do(a => a.DeleteSnapshot(3)));
        Assert.Equal(3, inbox.Next<DeleteSnapshotSuccess>().Metadata.SequenceNr);
        StartJournaler(system, inbox);
        inbox.Expect("s:2:one,two", "r:three", "recovered:3");
        actor.Tell(Do(a => a.DeleteSnapshots(new SnapshotSelectionCriteria(2))));
        inbox.Next<DeleteSnapshotsSuccess>();
        StartJournaler(system, inbox);
        inbox.Expect("r:one", "r:two", "r:three", "recovered:3");
    }

    [Fact]
    public void Recovery_waits_at_most_for_recovery_event_timeout()
    {
        var (system, inbox) = Begin("""
            akka.persistence.journal.plugin = "test.mute-journal"
            test.mute-journal.class = "Akka.Subset.Tests.PersistenceActorTests+MuteJournal, Akka.Subset.Tests"
            test.mute-journal.plugin-dispatcher = "akka.actor.default-dispatcher"
            test.mute-journal.recovery-event-timeout = 300ms
            """);
        var actor = StartJournaler(system, inbox);
        inbox.WatchStop(actor);
        Assert.IsType<RecoveryTimedOutException>(inbox.Next<Journaler.RecoveryFailed>().Reason);
        inbox.Expect(new Inbox.Stopped(actor));
    }

    public sealed class MuteJournal : Akka.Persistence.Journal.WriteJournalBase
    {
        protected override bool Receive(object message) => true;
    }

    [Fact]
    public void At_most_so_many_actors_recover_at_a_time()
    {
        var (system, inbox) = Begin("akka.persistence.max-concurrent-recoveries = 2");
        for (var i = 0; i < 50; i++) StartJournaler(system, inbox, $"p{i}");
        inbox.Expect([.. Enumerable.Repeat((object)"recovered:0", 50)]);
    }

    [Fact]
    public void A_plain_actor_of_the_test_can_be_the_journal()
    {
        var (system, inbox) = Begin(PlainJournal.Hocon);
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        for (var i = 1; i <= 20; i++) actor.Tell($"async e{i}");
        actor.Tell("persist last");
        inbox.Expect([.. Enumerable.Range(1, 20).Select(i => $"e{i}"), "last"]);
        StartJournaler(system, inbox);
        inbox.Expect([.. Enumerable.Range(1, 20).Select(i => $"r:e{i}"), "r:last", "recovered:21"]);
    }

    [Fact]
    public void Deleting_events_keeps_the_highest_sequence_number()
    {
        var (system, inbox) = Begin("");
        var actor = StartJournaler(system, inbox);
        inbox.Expect("recovered:0");
        foreach (var e in new[] { "one", "two", "three" }) actor.Tell($"persist {e}");
        inbox.Expect("one", "two", "three");
        actor.Tell(Do(a => a.DeleteMessages(2)));
        Assert.Equal(2, inbox.Next<DeleteMessagesSuccess>().ToSequenceNr);
        StartJournaler(system, inbox);
        inbox.Expect("r:three", "recovered:3");
        actor.Tell(Do(a => a.DeleteMessages(3)));
        Assert.Equal(3, inbox.Next<DeleteMessagesSuccess>().ToSequenceNr);
        StartJournaler(system, inbox);
        inbox.Expect("recovered:3");
    }

    [Fact]
    public void A_journal_that_is_not_configured_is_named()
    {
        var (system, _) = Begin("akka.persistence.journal.plugin = \"test.nowhere\"");
        var e = Assert.ThrowsAny<Exception>(() => Akka.Persistence.Persistence.Instance.Apply(system).JournalFor(null));
        Assert.Contains("test.nowhere", e.Message);
    }

    [Fact]
    public void Handlers_registered_by_type_recover_and_command()
    {
        var (system, inbox) = Begin("");
        var actor = system.ActorOf(Props.Create(() => new Registered(inbox.Ref)));
        actor.Tell("one");
        actor.Tell(7);
        inbox.Expect("done", "one", "number 7");
        actor.Tell("restart");
        actor.Tell("two");
        inbox.Expect("r:one", "done", "two");
    }

    private sealed class Registered : ReceivePersistentActor
    {
        public override string PersistenceId => "registered";

        public Registered(IActorRef inbox)
        {
            Recover<RecoveryCompleted>(_ => inbox.Tell("done"));
            Recover<string>(e => inbox.Tell($"r:{e}"));
            Command<string>(s => s == "restart", _ => throw new InvalidOperationException("as told"));
            Command<string>(s => Persist(s, e => inbox.Tell(e)));
            CommandAny(o => inbox.Tell($"number {o}"));
        }
    }
}
