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
    private sealed class Life : RoleTestBase
    {
        public Life(string journal) : base(journal) => Settings = Settings with { LeaderTimeoutMax = Lease };

        public static readonly TimeSpan Lease = TimeSpan.FromHours(1);

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

        public TimeSpan Confirm(Ballot ballot, TimeSpan lease)
        {
            Acceptor.Tell(new Confirm(ballot, 1, lease), TestActor);
            return ExpectMsg<Confirmed>(InTime).Lease;
        }

        public void IsBoundAgainst(Ballot ballot)
        {
            Acceptor.Tell(new Prepare(ballot, 1), TestActor);
            ExpectNoMsg(AMoment);
        }

        public void Truncate(long belowSlot) => Acceptor.Tell(new Truncate(belowSlot), TestActor);

        public static PValue PValue(long round, int leader, long slot, string text) => P(B(round, leader), slot, text);
    }

    [Fact]
    public void A_lease_may_be_out_after_a_start_for_as_long_as_the_longest_that_was_ever_granted()
    {
        Life Start() => new(Journals.Hocon("log", _folder.FullName));
        var (ballot, other) = (new Ballot(1, new NodeId(1)), new Ballot(2, new NodeId(2)));
        using (var life = Start())
        {
            life.Prepare(ballot);
            Assert.True(SpinWait.SpinUntil(() => life.Confirm(ballot, Life.Lease) == Life.Lease, TimeSpan.FromSeconds(30)));
            Assert.Equal(TimeSpan.FromTicks(1), life.Confirm(ballot, TimeSpan.FromTicks(1)));
            life.Accept(Life.PValue(1, 1, 1, "x"));
            life.Truncate(2);
            Assert.True(SpinWait.SpinUntil(() => life.Prepare(ballot).TruncatedBelow == 2, TimeSpan.FromSeconds(30)));
        }

        using (var life = Start())
        {
            life.IsBoundAgainst(other);
            Assert.Equal(new Ballot(3, new NodeId(1)), life.Prepare(new Ballot(3, new NodeId(1))).Promised);
        }
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
