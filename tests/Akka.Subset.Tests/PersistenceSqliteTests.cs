using Akka.Actor;
using Microsoft.Data.Sqlite;

namespace Akka.Subset.Tests;

/// <summary>The SQL plugins on SQLite.</summary>
public sealed class PersistenceSqliteTests : PersistenceSqlContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("persistence-").FullName;

    protected override string ProviderName => "SQLite.MS";
    protected override string ConnectionString => $"Data Source={_file ?? Path.Combine(_folder, "journal.db")}";

    private string? _file;

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact] public void Survive() => Events_survive_the_actor_system();
    [Fact] public void Many() => Many_actors_write_at_once();
    [Fact] public void Deletion() => Deletion_keeps_the_highest_sequence_number();
    [Fact] public void Snapshots() => Snapshots_survive_the_actor_system();
    [Fact] public void Refused() => What_cannot_be_serialized_is_refused();
    [Fact] public void Duplicate() => A_sequence_number_that_exists_fails_its_own_actor_only();

    private List<object?[]> Query(string sql)
    {
        using var connection = new SqliteConnection(ConnectionString + ";Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            reader.GetValues(row!);
            rows.Add(row);
        }
        return rows;
    }

    [Fact]
    public void The_tables_are_those_of_Akka_Persistence_Sql()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, "schema");
        inbox.Expect("recovered:0");
        var before = DateTime.UtcNow.Ticks;
        actor.Tell("persist one");
        actor.Tell("persist two");
        inbox.Expect("one", "two");
        actor.Tell(Do(a => a.SaveSnapshot("both")));
        inbox.Next<Akka.Persistence.SaveSnapshotSuccess>();
        actor.Tell(Do(a => a.DeleteMessages(1)));
        inbox.Next<Akka.Persistence.DeleteMessagesSuccess>();

        var events = Query("""
            SELECT ordering, created, deleted, persistence_id, sequence_number, message, identifier, manifest, writer_uuid
            FROM journal ORDER BY ordering
            """);
        Assert.Equal(2, events.Count);
        Assert.Equal([1L, 1L], [events[0][4], Convert.ToInt64(events[0][2])]);
        Assert.Equal([2L, 0L], [events[1][4], Convert.ToInt64(events[1][2])]);
        Assert.InRange((long)events[1][1]!, before - TimeSpan.TicksPerMinute, DateTime.UtcNow.Ticks + TimeSpan.TicksPerMinute);
        Assert.Equal(["schema", "text", 4711L], [events[1][3], events[1][7], events[1][6]]);
        Assert.Equal("two"u8.ToArray(), (byte[])events[1][5]!);
        Assert.NotEqual("", events[1][8]);

        var snapshot = Assert.Single(Query("""
            SELECT persistence_id, sequence_number, created, snapshot, manifest, serializer_id FROM snapshot
            """));
        Assert.Equal(["schema", 2L, "text", 4711L], [snapshot[0], snapshot[1], snapshot[4], snapshot[5]]);
        Assert.Equal("both"u8.ToArray(), (byte[])snapshot[3]!);
        Assert.Empty(Query("SELECT ordering_id, tag, persistence_id, sequence_nr FROM tags"));
    }

    [Fact]
    public void A_database_that_Akka_Persistence_Sql_wrote_is_read()
    {
        using (var connection = new SqliteConnection(ConnectionString + ";Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = """
                CREATE TABLE [journal] ([ordering] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [created] BigInt NOT NULL, [deleted] Bit NOT NULL,
                  [persistence_id] NVarChar(255) NOT NULL, [sequence_number] BigInt NOT NULL, [message] VarBinary(255) NOT NULL,
                  [manifest] NVarChar(500) NULL, [identifier] Int NULL, [writer_uuid] NVarChar(128) NULL);
                CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
                CREATE INDEX journal_created_idx ON journal (created);
                CREATE INDEX journal_sequence_number_idx ON journal (sequence_number);
                CREATE TABLE [snapshot] ([created] BigInt NOT NULL, [persistence_id] NVarChar(255) NOT NULL, [sequence_number] BigInt NOT NULL,
                  [manifest] NVarChar(500) NULL, [snapshot] VarBinary(255) NULL, [serializer_id] Int NULL,
                  CONSTRAINT [PK_snapshot] PRIMARY KEY ([persistence_id], [sequence_number]));
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) VALUES
                  (638000000000000000, 1, 'old', 1, x'61', 'text', 4711, 'w'), (638000000000000000, 0, 'old', 2, x'62', 'text', 4711, 'w'),
                  (638000000000000000, 0, 'old', 3, x'63', 'text', 4711, 'w');
                INSERT INTO snapshot VALUES (638000000000000000, 'old', 2, 'text', x'612C62', 4711);
                """;
            command.ExecuteNonQuery();
        }
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, "old");
        inbox.Expect("s:2:a,b", "r:c", "recovered:3");
        actor.Tell("persist d");
        inbox.Expect("d");
    }

    [Theory]
    [InlineData("missing/journal.db")]
    [InlineData("garbage.db")]
    public void A_database_that_cannot_be_opened_stops_the_actor_and_nothing_is_acknowledged(string file)
    {
        _file = Path.Combine(_folder, file);
        if (file == "garbage.db") File.WriteAllText(_file, string.Concat(Enumerable.Repeat("this is no database ", 500)));
        var (system, inbox) = Begin("akka.persistence.journal.sql.recovery-event-timeout = 2s");
        var actor = StartJournaler(system, inbox, "a");
        actor.Tell("persist one");
        inbox.WatchStop(actor);
        inbox.Next<Journaler.RecoveryFailed>();
        inbox.Expect(new Inbox.Stopped(actor));
    }

    [Fact]
    public void A_file_that_may_only_be_read_acknowledges_nothing()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, "a");
        inbox.Expect("recovered:0");
        actor.Tell("persist one");
        inbox.Expect("one");
        End(system);

        _file = Path.Combine(_folder, "journal.db") + ";Mode=ReadOnly";
        (system, inbox) = Begin("akka.persistence.journal.sql.recovery-event-timeout = 2s");
        actor = StartJournaler(system, inbox, "a");
        actor.Tell("persist two");
        inbox.WatchStop(actor);
        // It fails in recovery or at the write, but it never says "two".
        object message;
        var seen = new List<object>();
        while ((message = inbox.Next()) is not Inbox.Stopped) seen.Add(message);
        Assert.DoesNotContain("two", seen);
        _file = null;
        Assert.Equal(1L, Query("SELECT COUNT(*) FROM journal")[0][0]);
    }

    [Fact]
    public void A_failed_write_is_not_acknowledged_and_the_journal_works_again_when_the_cause_is_gone()
    {
        var (system, inbox) = Begin();
        var actor = StartJournaler(system, inbox, "a");
        inbox.Expect("recovered:0");
        actor.Tell("persist one");
        inbox.Expect("one");
        Query("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no more room'); END");
        inbox.WatchStop(actor);
        actor.Tell(Do(a => a.PersistAll(["two", "three"], a.Handled)));
        Assert.StartsWith("failed:two:2:", inbox.Next<string>());
        inbox.Expect(new Inbox.Stopped(actor));
        Query("DROP TRIGGER full");
        actor = StartJournaler(system, inbox, "a");
        inbox.Expect("r:one", "recovered:1");
        actor.Tell("persist two");
        inbox.Expect("two");
        Assert.Equal(2L, Query("SELECT COUNT(*) FROM journal")[0][0]);
    }

    [Fact]
    public void A_hundred_thousand_events_are_recovered()
    {
        var (system, inbox) = Begin();
        var actor = system.ActorOf(Props.Create(() => new Counting(inbox.Ref)));
        inbox.Expect("recovered 0");
        for (var i = 0; i < 100_000; i++) actor.Tell("count");
        inbox.Expect("written 100000");
        End(system);
        (system, inbox) = Begin();
        system.ActorOf(Props.Create(() => new Counting(inbox.Ref)));
        inbox.Expect("recovered 100000");
    }

    private sealed class Counting(IActorRef inbox) : Akka.Persistence.UntypedPersistentActor
    {
        private int _issued;
        private int _count;

        public override string PersistenceId => "counting";

        protected override void OnRecover(object message)
        {
            if (message is string s) Assert.Equal($"{++_count}", s);
            else inbox.Tell($"recovered {_count}");
        }

        protected override void OnCommand(object message) => PersistAsync($"{++_issued}", _ =>
        {
            if (++_count == 100_000) inbox.Tell("written 100000");
        });
    }
}
