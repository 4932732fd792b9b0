using System.Collections.Concurrent;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using Microsoft.Data.Sqlite;

namespace AkkaPaxos.Tests;

/// <summary>
/// Roles whose journal or snapshot the disk has changed: they do not start, answer nothing, and say so. In SQLite files and in a log, as a node has them. That
/// every change of a record is found: RecordChecksumTests; of a log's file: ChangedLogTests.
/// </summary>
public sealed class CorruptRecordTests : IDisposable
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akkapaxos-corrupt-");

    private string File => Path.Combine(_folder.FullName, "journal.db");

    private string Hocon(string journal) => $$"""
        akka.loglevel = ERROR
        {{Journals.Hocon(journal, _folder.FullName)}}
        akka.persistence.snapshot-store {
          plugin = "akka.persistence.snapshot-store.sql"
          sql {
            class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
            connection-string = "Data Source={{File.Replace('\\', '/')}}"
            provider-name = "SQLite.MS"
            auto-initialize = true
          }
        }
        """;

    /// <summary>One life of an acceptor.</summary>
    private sealed class Life(string hocon) : RoleTestBase(hocon)
    {
        /// <summary>The acceptor, and a probe that is told of its errors, and of its end.</summary>
        public (IActorRef Acceptor, Akka.TestKit.TestProbe Watcher) StartWatched()
        {
            var watcher = CreateTestProbe();
            Sys.EventStream.Subscribe(watcher.Ref, typeof(Error));
            var acceptor = Start("acceptor", typeof(Acceptor));
            watcher.Watch(acceptor);
            return (acceptor, watcher);
        }

        public Promise Prepare(IActorRef acceptor, long round)
        {
            acceptor.Tell(new Prepare(B(round), 1), TestActor);
            return ExpectMsg<Promise>(InTime);
        }

        public void Write()
        {
            var (acceptor, _) = StartWatched();
            for (var slot = 1; slot <= 3; slot++)
            {
                acceptor.Tell(new Accept(P(B(2), slot, "x")), TestActor);
                ExpectMsg<Accepted>(InTime);
            }
        }

        public void ExpectSilence(IActorRef acceptor)
        {
            acceptor.Tell(new Prepare(B(5), 1), TestActor);
            acceptor.Tell(new Accept(P(B(5), 1, "y")), TestActor);
            acceptor.Tell(new Confirm(B(5), 1), TestActor);
            ExpectNoMsg(AMoment);
        }

        public static void ExpectOneLine(Akka.TestKit.TestProbe watcher, string about)
        {
            // The acceptor's own: Akka.Streams, in which the journal reads, may log the same before it, with its stack trace.
            var error = (Error)watcher.FishForMessage(m => m is Error e && e.LogSource.Contains("/acceptor-"), InTime);
            Assert.Null(error.Cause); // it would bring a stack trace
            Assert.StartsWith(about, $"{error.Message}");
            Assert.Contains("does not have the checksum it was written with", $"{error.Message}");
            Assert.DoesNotContain('\n', $"{error.Message}");
        }
    }

    /// <summary>Flips a bit in the middle of a row's bytes; the same again flips it back.</summary>
    private void Flip(string table, string column, string where)
    {
        using var database = new SqliteConnection($"Data Source={File};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT rowid, {column} FROM {table} WHERE {where} ORDER BY sequence_number DESC LIMIT 1";
        var (row, bytes) = (0L, Array.Empty<byte>());
        using (var reader = command.ExecuteReader())
        {
            Assert.True(reader.Read(), $"no {table} entry where {where}");
            (row, bytes) = (reader.GetInt64(0), (byte[])reader[1]);
        }
        bytes[bytes.Length / 2] ^= 4;
        command.CommandText = $"UPDATE {table} SET {column} = $bytes WHERE rowid = $row";
        command.Parameters.AddWithValue("$bytes", bytes);
        command.Parameters.AddWithValue("$row", row);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    /// <summary>What flips a bit of an entry of a role's journal, and at its second call flips it back.</summary>
    private Action FlipOf(string journal, string role, int entry)
    {
        var id = $"paxos-default-1-{role}";
        if (journal == "sql") return () => Flip("journal", "message", $"persistence_id = '{id}' AND sequence_number = {entry}");
        var (file, at, length) = Journals.PlaceOf(_folder.FullName, id, entry);
        return () =>
        {
            var bytes = System.IO.File.ReadAllBytes(file);
            bytes[at + length / 2] ^= 4;
            System.IO.File.WriteAllBytes(file, bytes);
        };
    }

    private void ChangeOneRow(string sql)
    {
        using var database = new SqliteConnection($"Data Source={File};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    [Theory]
    [InlineData("sql", 1)]
    [InlineData("sql", 2)]
    [InlineData("sql", 3)]
    [InlineData("log", 1)]
    [InlineData("log", 2)]
    [InlineData("log", 3)]
    public void An_acceptor_does_not_start_from_a_changed_journal_and_does_from_the_same_one_unharmed(string journal, int entry)
    {
        using (var life = new Life(Hocon(journal))) life.Write();
        var flip = FlipOf(journal, "acceptor", entry);
        flip();
        using (var life = new Life(Hocon(journal)))
        {
            var (acceptor, watcher) = life.StartWatched();
            Life.ExpectOneLine(watcher, "acceptor of node 1: paxos-default-1-acceptor cannot be read: ");
            watcher.ExpectTerminated(acceptor, InTime);
            life.ExpectSilence(acceptor);
        }
        flip();
        using (var life = new Life(Hocon(journal)))
        {
            var (acceptor, _) = life.StartWatched();
            Assert.Equal(new Ballot(2, new NodeId(1)), life.Prepare(acceptor, 1).Promised);
            Assert.Equal([1L, 2L, 3L], life.Prepare(acceptor, 3).Accepted.Select(p => p.Slot));
        }
    }

    [Fact]
    public void An_entry_that_stands_under_another_manifest_stops_the_acceptor_too()
    {
        using (var life = new Life(Hocon("sql"))) life.Write();
        ChangeOneRow("UPDATE journal SET manifest = 'AcceptorPromised/2' WHERE sequence_number = 2");
        using var next = new Life(Hocon("sql"));
        var (acceptor, watcher) = next.StartWatched();
        Life.ExpectOneLine(watcher, "acceptor of node 1: ");
        watcher.ExpectTerminated(acceptor, InTime);
        next.ExpectSilence(acceptor);
    }

    /// <summary>Notes the errors that a node and its roles log, and not Akka's.</summary>
    public sealed class ErrorLog : UntypedActor
    {
        private readonly ConcurrentQueue<Error> _errors;

        /// <summary>Notes them in <paramref name="errors"/>.</summary>
        public ErrorLog(ConcurrentQueue<Error> errors) => _errors = errors;

        /// <inheritdoc/>
        protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(Error));

        /// <inheritdoc/>
        protected override void OnReceive(object message)
        {
            if (message is Error error && error.LogSource.Contains("/user/paxos")) _errors.Enqueue(error);
        }
    }

    private async Task InNode(Func<Paxos, ConcurrentQueue<Error>, Task> life, string journal = "sql")
    {
        var system = ActorSystem.Create("one", ConfigurationFactory.ParseString(Hocon(journal)).WithFallback(ConfigurationFactory.ParseString("""
            akka.stdout-loglevel = OFF
            akkapaxos { node-id = 1, members = [{ id = 1, address = "akka://one" }], state-machine = "AkkaPaxos.Tests.ListMachine, AkkaPaxos.Tests" }
            akkapaxos.snapshot.slots = 1
            """)).WithFallback(PaxosSettings.DefaultConfig()));
        var errors = new ConcurrentQueue<Error>();
        await system.ActorOf(Props.Create(typeof(ErrorLog), errors)).Ask<ActorIdentity>(new Identify(0), InTime); // it listens now
        await life(Paxos.Get(system), errors);
        await system.Terminate();
    }

    [Theory]
    [InlineData("acceptor", "acceptor", "journal", "message")]
    [InlineData("leader", "leader", "journal", "message")]
    [InlineData("snapshotter", "replica", "snapshot", "snapshot")]
    public async Task A_node_shows_which_role_cannot_start_and_does_not_try_again(string role, string whose, string table, string column)
    {
        var where = $"persistence_id = 'paxos-default-1-{whose}'";
        await InNode(async (paxos, _) =>
        {
            for (var i = 0; i < 3; i++) await paxos.Submit(Encoding.UTF8.GetBytes($"{i}"), new CancellationTokenSource(InTime).Token);
            await paxos.Until(s => s.SnapshotSlot > 1);
        });
        Flip(table, column, where);
        await InNode(async (paxos, errors) =>
        {
            var status = await paxos.Until(s => s.Roles.Single(r => r.Name == role) is { IsRunning: false, Problem: { } problem }
                && problem.Contains("does not have the checksum it was written with"));
            Assert.StartsWith($"{role}: a record of ", status.Problem);
            await paxos.Until(s => s.Roles.Where(r => r.Name != role).All(r => r.IsRunning));
            await Task.Delay(500); // more than twice the time after which a role that failed is started again
            Assert.All(errors, e => Assert.Null(e.Cause)); // it would bring a stack trace
            Assert.Collection(
                errors.Select(e => $"{e.Message}"),
                line => Assert.StartsWith($"{role} of node 1: paxos-default-1-{whose} cannot be read: ", line),
                line => Assert.StartsWith($"role {role} of node 1 stopped for good: a record of ", line));
        });
        Flip(table, column, where);
        await InNode(async (paxos, errors) =>
        {
            await paxos.Submit(Encoding.UTF8.GetBytes("3"), new CancellationTokenSource(InTime).Token);
            Assert.Equal("0,1,2,3", Encoding.UTF8.GetString((await paxos.Query(default)).Span));
            Assert.Empty(errors);
        });
    }

    /// <summary>Without its identity a disk is nobody's: no role runs on it.</summary>
    [Theory]
    [InlineData("disk", "journal", "message")]
    [InlineData("disk-mark", "snapshot", "snapshot")]
    public async Task A_node_whose_disk_cannot_say_whose_it_is_runs_no_role(string whose, string table, string column)
    {
        var where = $"persistence_id = 'paxos-default-1-{whose}'";
        await InNode((paxos, _) => paxos.Submit(Encoding.UTF8.GetBytes("0"), new CancellationTokenSource(InTime).Token));
        Flip(table, column, where);
        await InNode(async (paxos, errors) =>
        {
            var status = await paxos.Until(s => s.Problem?.StartsWith("disk: a record of ", StringComparison.Ordinal) == true);
            Assert.Contains("does not have the checksum it was written with", status.Problem);
            await Task.Delay(500); // more than twice the time after which a role that failed is started again
            Assert.All((await paxos.Status()).Roles, r => Assert.False(r.IsRunning));
            Assert.All(errors, e => Assert.Null(e.Cause));
            Assert.Collection(
                errors.Select(e => $"{e.Message}"),
                line => Assert.StartsWith($"disk of node 1: paxos-default-1-{whose} cannot be read: ", line),
                line => Assert.StartsWith("role disk of node 1 stopped for good: a record of ", line));
        });
        Flip(table, column, where);
        await InNode(async (paxos, errors) =>
        {
            Assert.Equal("0", Encoding.UTF8.GetString((await paxos.Query(default, cancellation: new CancellationTokenSource(InTime).Token)).Span));
            Assert.Empty(errors);
        });
    }

    [Fact]
    public async Task A_node_whose_log_was_changed_runs_no_role_and_does_not_try_again()
    {
        await InNode(
            async (paxos, _) =>
            {
                for (var i = 0; i < 3; i++) await paxos.Submit(Encoding.UTF8.GetBytes($"{i}"), new CancellationTokenSource(InTime).Token);
            },
            "log");
        var flip = FlipOf("log", "acceptor", 2);
        flip();
        await InNode(
            async (paxos, errors) =>
            {
                // Of whom the changed record is nobody can tell: it may be the disk's own.
                var status = await paxos.Until(s => s.Problem?.StartsWith("disk: ", StringComparison.Ordinal) == true);
                Assert.Contains("0000000000000001.log is not what was written, from offset ", status.Problem);
                await Task.Delay(500); // more than twice the time after which a role that failed is started again
                Assert.All((await paxos.Status()).Roles, r => Assert.False(r.IsRunning));
                Assert.All(errors, e => Assert.Null(e.Cause));
                Assert.Single(errors, e => $"{e.Message}".StartsWith("role disk of node 1 stopped for good: ", StringComparison.Ordinal));
                Assert.Equal(2, errors.Count);
            },
            "log");
        flip();
        await InNode(
            async (paxos, errors) =>
            {
                await paxos.Submit(Encoding.UTF8.GetBytes("3"), new CancellationTokenSource(InTime).Token);
                Assert.Equal("0,1,2,3", Encoding.UTF8.GetString((await paxos.Query(default)).Span));
                Assert.Empty(errors);
            },
            "log");
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
