using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AkkaPaxos.Journal;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>
/// What Akka.Persistence asks of a journal, asked of ours as its own test kit for journals does: by the messages between a persistent actor and its journal.
/// </summary>
public sealed class LogJournalTests : IDisposable
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akkapaxos-log-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>One life of a system.</summary>
    private sealed class Life(string hocon) : TestKit(ConfigurationFactory.ParseString(hocon).WithFallback(PaxosSettings.DefaultConfig()).WithFallback(DefaultConfig))
    {
        public IActorRef Journal => Persistence.Instance.Apply(Sys).JournalFor(LogJournal.PluginId);

        public TestProbe Probe => field ??= CreateTestProbe();

        /// <summary>Entries as an actor hands them over, numbered from one number on, all or none of them.</summary>
        public static AtomicWrite Write(string id, long from, int count, string writer = "w") => new(
            [.. Enumerable.Range(0, count).Select(i => new Persistent(new LeaderRound(from + i), from + i, id, writerGuid: writer))]);

        public void Tell(params AtomicWrite[] writes) => Journal.Tell(new WriteMessages(writes, Probe.Ref, 1), Probe.Ref);

        public void Written(params AtomicWrite[] writes)
        {
            Tell(writes);
            Probe.ExpectMsg<WriteMessagesSuccessful>(InTime);
            foreach (var entry in writes.SelectMany(w => (IEnumerable<IPersistentRepresentation>)w.Payload))
                Assert.Equal(entry.SequenceNr, Probe.ExpectMsg<WriteMessageSuccess>(InTime).Persistent.SequenceNr);
        }

        public void Delete(string id, long to)
        {
            Journal.Tell(new DeleteMessagesTo(id, to, Probe.Ref), Probe.Ref);
            Assert.Equal(to, Probe.ExpectMsg<DeleteMessagesSuccess>(InTime).ToSequenceNr);
        }

        /// <summary>The numbers that are replayed, each of which holds what was written, and the highest one: <c>[1, 2] of 2</c>.</summary>
        public string Replay(string id, long from = 1, long to = long.MaxValue, long max = long.MaxValue)
        {
            Journal.Tell(new ReplayMessages(from, to, max, id, Probe.Ref), Probe.Ref);
            var numbers = new List<long>();
            while (true)
            {
                switch (Probe.ReceiveOne(InTime))
                {
                    case ReplayedMessage m:
                        Assert.Equal(new LeaderRound(m.Persistent.SequenceNr), m.Persistent.Payload);
                        Assert.Equal(id, m.Persistent.PersistenceId);
                        Assert.True(m.Persistent.Timestamp > DateTime.UnixEpoch.Ticks);
                        numbers.Add(m.Persistent.SequenceNr);
                        break;
                    case RecoverySuccess m: return $"[{string.Join(", ", numbers)}] of {m.HighestSequenceNr}";
                    case ReplayMessagesFailure m: throw m.Cause;
                    case var other: throw new InvalidOperationException($"not expected: {other}");
                }
            }
        }
    }

    /// <summary>What an actor that defers hands over.</summary>
    private sealed record Waiting(object Payload, IActorRef Sender) : IPersistentEnvelope
    {
        public int Size => 1;
    }

    private Life Start(string more = "") => new($"{Journals.Log(_folder.FullName)}\n{more}");

    [Fact]
    public void What_is_replayed_is_what_was_asked_for()
    {
        for (var life = 0; life < 2; life++)
        {
            using var kit = Start();
            if (life == 0)
            {
                kit.Written(Life.Write("a", 1, 1), Life.Write("a", 2, 3), Life.Write("a", 5, 1));
                kit.Written(Life.Write("b", 1, 2));
            }
            Assert.Equal("[1, 2, 3, 4, 5] of 5", kit.Replay("a"));
            Assert.Equal("[3, 4, 5] of 5", kit.Replay("a", from: 3));
            Assert.Equal("[1, 2, 3] of 5", kit.Replay("a", to: 3));
            Assert.Equal("[1, 2] of 5", kit.Replay("a", max: 2));
            Assert.Equal("[2, 3] of 5", kit.Replay("a", from: 2, to: 3));
            Assert.Equal("[2] of 5", kit.Replay("a", from: 2, to: 3, max: 1));
            Assert.Equal("[] of 5", kit.Replay("a", max: 0));
            Assert.Equal("[] of 5", kit.Replay("a", from: 6));
            Assert.Equal("[] of 5", kit.Replay("a", from: 3, to: 2));
            Assert.Equal("[1, 2] of 2", kit.Replay("b"));
            Assert.Equal("[] of 0", kit.Replay("nobody"));
        }
    }

    [Fact]
    public void What_is_deleted_is_not_replayed_and_the_highest_number_stays()
    {
        using (var kit = Start())
        {
            kit.Written(Life.Write("a", 1, 5));
            kit.Written(Life.Write("b", 1, 3));
            kit.Delete("a", 3);
            Assert.Equal("[4, 5] of 5", kit.Replay("a"));
            kit.Delete("a", 2); // no further than it was
            kit.Delete("b", long.MaxValue);
            kit.Delete("nobody", 7);
            Assert.Equal("[4, 5] of 5", kit.Replay("a"));
            Assert.Equal("[] of 3", kit.Replay("b"));
        }
        using (var kit = Start())
        {
            Assert.Equal("[4, 5] of 5", kit.Replay("a"));
            Assert.Equal("[] of 3", kit.Replay("b"));
            kit.Written(Life.Write("b", 4, 1));
            Assert.Equal("[4] of 4", kit.Replay("b"));
            Assert.Equal("[] of 0", kit.Replay("nobody"));
        }
    }

    /// <summary>No serializer writes it.</summary>
    private sealed record Unwritable;

    [Fact]
    public void A_write_with_one_event_that_cannot_be_written_is_rejected_as_a_whole_and_no_other_is()
    {
        using var kit = Start("akka.actor.serialization-settings.allow-unregistered-types = off");
        var half = new AtomicWrite([new Persistent(new LeaderRound(2), 2, "a", writerGuid: "w"), new Persistent(new Unwritable(), 3, "a", writerGuid: "w")]);
        kit.Tell(Life.Write("a", 1, 1), half);
        kit.Probe.ExpectMsg<WriteMessagesSuccessful>(InTime);
        Assert.Equal(1, kit.Probe.ExpectMsg<WriteMessageSuccess>(InTime).Persistent.SequenceNr);
        foreach (var number in (long[])[2, 3])
        {
            var rejected = kit.Probe.ExpectMsg<WriteMessageRejected>(InTime);
            Assert.Equal(number, rejected.Persistent.SequenceNr);
            Assert.Contains(nameof(Unwritable), rejected.Cause.Message);
        }
        Assert.Equal("[1] of 1", kit.Replay("a"));
    }

    [Fact]
    public void What_only_waits_behind_a_write_comes_back_after_it_with_its_sender()
    {
        using var kit = Start();
        var sender = kit.CreateTestProbe();
        // Two in one message, as an actor that defers hands them over, and one that is alone behind it.
        kit.Journal.Tell(new WriteMessages([Life.Write("a", 1, 1), new Waiting("behind one", sender.Ref), Life.Write("a", 2, 1)], kit.Probe.Ref, 7), kit.Probe.Ref);
        kit.Journal.Tell(new WriteMessages([new Waiting("behind two", sender.Ref)], kit.Probe.Ref, 7), kit.Probe.Ref);
        kit.Probe.ExpectMsg<WriteMessagesSuccessful>(InTime);
        Assert.Equal((1, 7), kit.Probe.ExpectMsg<WriteMessageSuccess>(InTime) is var one ? (one.Persistent.SequenceNr, one.ActorInstanceId) : default);
        Assert.Equal(("behind one", 7), kit.Probe.ExpectMsg<LoopMessageSuccess>(InTime) is var behind ? (behind.Message, behind.ActorInstanceId) : default);
        Assert.Equal(sender.Ref, kit.Probe.LastSender);
        Assert.Equal(2, kit.Probe.ExpectMsg<WriteMessageSuccess>(InTime).Persistent.SequenceNr);
        kit.Probe.ExpectMsg<WriteMessagesSuccessful>(InTime);
        Assert.Equal("behind two", kit.Probe.ExpectMsg<LoopMessageSuccess>(InTime).Message);
    }

    [Fact]
    public void A_write_that_fails_says_so_of_each_event()
    {
        using var kit = Start();
        kit.Written(Life.Write("a", 1, 1));
        // A number that is there is refused, and with it all that was handed over together.
        kit.Journal.Tell(new WriteMessages([Life.Write("a", 2, 1), new Waiting("behind", kit.Probe.Ref), Life.Write("a", 1, 1)], kit.Probe.Ref, 7), kit.Probe.Ref);
        Assert.Equal(2, kit.Probe.ExpectMsg<WriteMessagesFailed>(InTime).WriteCount);
        Assert.Equal((2, 7), kit.Probe.ExpectMsg<WriteMessageFailure>(InTime) is var one ? (one.Persistent.SequenceNr, one.ActorInstanceId) : default);
        Assert.Equal("behind", kit.Probe.ExpectMsg<LoopMessageSuccess>(InTime).Message);
        Assert.Equal(1, kit.Probe.ExpectMsg<WriteMessageFailure>(InTime).Persistent.SequenceNr);
        Assert.Equal("[1] of 1", kit.Replay("a"));
    }

    [Fact]
    public void A_number_that_is_there_is_not_written_again_and_nobody_else_pays_for_it()
    {
        using var kit = Start();
        kit.Written(Life.Write("a", 1, 3));
        kit.Tell(Life.Write("a", 3, 2));
        var failed = kit.Probe.ExpectMsg<WriteMessagesFailed>(InTime);
        Assert.Contains("a has an entry 3 already", failed.Cause.Message);
        kit.Probe.ExpectMsg<WriteMessageFailure>(InTime);
        kit.Probe.ExpectMsg<WriteMessageFailure>(InTime);
        kit.Written(Life.Write("b", 1, 1));
        Assert.Equal("[1, 2, 3] of 3", kit.Replay("a"));
    }

    [Fact]
    public void Entries_of_two_writers_fail_a_recovery()
    {
        using var kit = Start();
        kit.Written(Life.Write("a", 1, 1, "one"));
        kit.Written(Life.Write("a", 2, 1, "other"));
        kit.Written(Life.Write("a", 3, 1, "one"));
        var failure = Assert.ThrowsAny<Exception>(() => kit.Replay("a"));
        Assert.Contains("writerUUID", failure.Message);
    }

    [Fact]
    public void A_tagged_event_comes_back_without_its_tags()
    {
        using var kit = Start();
        kit.Written(new AtomicWrite(new Persistent(new Tagged(new LeaderRound(1), ["red"]), 1, "a", writerGuid: "w")));
        Assert.Equal("[1] of 1", kit.Replay("a"));
    }

    [Fact]
    public void Writes_of_many_actors_that_come_together_are_all_there()
    {
        using (var kit = Start())
        {
            var probes = Enumerable.Range(0, 20).Select(i => (Id: $"actor-{i}", Probe: kit.CreateTestProbe())).ToList();
            for (var number = 1; number <= 50; number++)
                foreach (var (id, probe) in probes) kit.Journal.Tell(new WriteMessages([Life.Write(id, number, 1)], probe.Ref, 1), probe.Ref);
            foreach (var (_, probe) in probes)
                for (var number = 1; number <= 50; number++)
                    Assert.Equal(number, probe.FishForMessage<WriteMessageSuccess>(_ => true, InTime).Persistent.SequenceNr);
        }
        using (var kit = Start())
            for (var i = 0; i < 20; i++) Assert.Equal($"[{string.Join(", ", Enumerable.Range(1, 50))}] of 50", kit.Replay($"actor-{i}"));
    }

    [Fact]
    public void Commits_are_counted()
    {
        using var kit = Start();
        kit.Replay("a");
        var before = JournalCommits.Of(kit.Sys).Count!.Value;
        kit.Written(Life.Write("a", 1, 3));
        Assert.Equal(before + 1, JournalCommits.Of(kit.Sys).Count);
        kit.Delete("a", 2);
        Assert.Equal(before + 2, JournalCommits.Of(kit.Sys).Count);
    }

    [Fact]
    public async Task A_log_that_somebody_else_has_is_opened_once_it_is_free()
    {
        var other = new DiskFolder(Path.Combine(_folder.FullName, "log"), sync: true);
        using var kit = Start();
        var failure = Assert.ThrowsAny<Exception>(() => kit.Replay("a"));
        Assert.Contains("is in use", failure.Message);
        other.Dispose();
        for (var end = DateTime.UtcNow + InTime; ; await Task.Delay(20))
        {
            if (Record.Exception(() => Assert.Equal("[] of 0", kit.Replay("a"))) is null) break;
            Assert.True(DateTime.UtcNow < end);
        }
        kit.Written(Life.Write("a", 1, 1));
    }

    [Fact]
    public void Its_section_is_checked()
    {
        static string Refused(string hocon) => Assert.ThrowsAny<ConfigurationException>(() => new LogJournalSettings(
            ConfigurationFactory.ParseString(hocon).WithFallback(PaxosSettings.DefaultConfig()).GetConfig(LogJournal.PluginId))).Message;

        Assert.Equal("akkapaxos.journal-log.directory is not set: where the journal's files are to be", Refused("a = b"));
        Assert.Equal("akkapaxos.journal-log.segment-bytes: expected 64 KiB or more, found \"1 KiB\"",
            Refused("akkapaxos.journal-log { directory = x, segment-bytes = 1 KiB }"));
        Assert.StartsWith("akkapaxos.journal-log.sync: expected on or off", Refused("akkapaxos.journal-log { directory = x, sync = maybe }"));
    }
}
