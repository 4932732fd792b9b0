using Akka.Actor;
using Akka.TestKit.Xunit2;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>An acceptor over the end of its whole actor system, with its journal on disk, as a node has it.</summary>
public class AcceptorRestartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akkapaxos-acceptor-");

    /// <summary>One life of the node.</summary>
    private sealed class Life(string journal) : RoleTestBase(journal)
    {
        public IActorRef Acceptor => field ??= Start("acceptor", typeof(Acceptor));

        public void Accept(PValue pvalue)
        {
            Acceptor.Tell(new Accept(pvalue), TestActor);
            ExpectMsg(new Accepted(new NodeId(1), pvalue.Ballot, pvalue.Slot), InTime);
        }

        public Promise Prepare(Ballot ballot)
        {
            Acceptor.Tell(new Prepare(ballot, 1), TestActor);
            return ExpectMsg<Promise>(InTime);
        }

        public void Truncate(long belowSlot) => Acceptor.Tell(new Truncate(belowSlot), TestActor);

        public static PValue PValue(long round, int leader, long slot, string text) => P(B(round, leader), slot, text);
    }

    [Theory]
    [InlineData("sql")]
    [InlineData("log")]
    public void Ballot_pvalues_and_truncation_point_survive(string journal)
    {
        Life Start() => new(Journals.Hocon(journal, _folder.FullName));
        var large = new string('x', 100_000);
        using (var life = Start())
        {
            for (var slot = 1; slot <= 20; slot++) life.Accept(Life.PValue(1, 1, slot, $"{slot}"));
            life.Accept(Life.PValue(2, 2, 15, large));
            Assert.Equal(new Ballot(3, new NodeId(3)), life.Prepare(new Ballot(3, new NodeId(3))).Promised);
        }

        using (var life = Start())
        {
            Assert.Equal(new Ballot(3, new NodeId(3)), life.Prepare(new Ballot(2, new NodeId(3))).Promised);
            var promise = life.Prepare(new Ballot(3, new NodeId(3)));
            var written = Enumerable.Range(1, 20).Select(slot => slot == 15 ? Life.PValue(2, 2, 15, large) : Life.PValue(1, 1, slot, $"{slot}"));
            Assert.Equal(written, promise.Accepted);
            life.Truncate(16);
            // The first answer may come while that is on its way to the disk.
            Assert.True(SpinWait.SpinUntil(() => life.Prepare(new Ballot(3, new NodeId(3))).TruncatedBelow == 16, TimeSpan.FromSeconds(30)));
        }

        using (var life = Start())
        {
            Assert.Equal(new Ballot(3, new NodeId(3)), life.Prepare(new Ballot(2, new NodeId(3))).Promised);
            var promise = life.Prepare(new Ballot(4, new NodeId(1)));
            Assert.Equal(16, promise.TruncatedBelow);
            Assert.Equal([16L, 17L, 18L, 19L, 20L], promise.Accepted.Select(p => p.Slot));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }
}
