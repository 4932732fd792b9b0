using System.Collections;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using AkkaPaxos.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace AkkaPaxos.Tests;

/// <summary>The wire and journal formats: every message goes there and back, by the bindings of reference.conf.</summary>
public class WireTests : RoleTestBase
{
    private static readonly ReadOnlyMemory<byte> Bytes = new byte[] { 0, 1, 254, 255 };

    /// <summary>One of each at least.</summary>
    internal static readonly object[] Samples =
    [
        new Request([new Command(1, 2, 1, Bytes), new Command(long.MaxValue, 3, 2, ReadOnlyMemory<byte>.Empty)]),
        new Request([]),
        new Response([new Reply(1, 2, ReplyStatus.Ok, Bytes), new Reply(1, 3, ReplyStatus.SessionUnknown, default)]),
        new Response([new Reply(1, 4, ReplyStatus.Stale, default), new Reply(1, 5, ReplyStatus.NotExecuted, default)], 7),
        new Response([new Reply(1, 6, ReplyStatus.TooLarge, Bytes)]),
        new QueryResponse([new QueryResult(1, Bytes, QueryStatus.TooLarge, Bytes.Length), new QueryResult(2, Bytes, QueryStatus.Ok, 99)]),
        new QueryResponse([new QueryResult(1, Bytes, QueryStatus.Overloaded, Bytes.Length)]),
        new FetchAnswer(3, 4),
        new AnswerPart(3, 4, Bytes),
        new Withdraw([1, 2]),
        new QueryRequest([new Query(1, true, Bytes), new Query(-2, false, default)]),
        new QueryResponse([new QueryResult(1, Bytes), new QueryResult(2, default)], 8),
        new Forward([new Command(0, -7, 0, Bytes)]),
        new Reconfigure([new(MemberChangeKind.Add, new NodeId(4), "akka.tcp://a@b:4", new DiskId(ulong.MaxValue)), new(MemberChangeKind.Remove, new NodeId(1))], true, 3),
        new Reconfigured("", new Configuration([new(new NodeId(1), "akka.tcp://a@b:1", Disk: new DiskId(7)), new(new NodeId(4), "akka.tcp://a@b:4", Votes: false)], 5, 8)),
        new Reconfigured("no leader is known", null),
        new Relay([new Command(0, -7, 0, Bytes), new Command(1, 2, 1, Bytes)], 3),
        new Propose(3, V("x")),
        new Prepare(B(4, 2), 9),
        new Promise(new NodeId(3), B(4, 2), 9, 12, 5, [P(B(1, 3), 9, "x"), new PValue(B(2), 11, Value.NoOp)]),
        new Promise(new NodeId(3), B(4, 2), 9, 0, 1, []),
        new Accept(P(B(4, 2), 9, "x")),
        new Accept(new PValue(B(4, 2), 9, Value.NoOp)),
        new Accepted(new NodeId(1), B(4, 2), 9),
        new Decision(9, B(4, 2), V("x")),
        new Decision(9, B(4, 2), null),
        new Decision(9, B(4, 2), Value.NoOp),
        new Heartbeat(B(long.MaxValue, int.MaxValue)),
        new Heartbeat(B(4, 2), IsScouting: true),
        new Poll(new NodeId(3), 17),
        new PollResult(new NodeId(2), 17, B(4, 1), true, TimeSpan.FromMilliseconds(250)),
        new PollResult(new NodeId(2), 17, Ballot.Bottom, false, null),
        new Lead(B(4, 1)),
        Lead.InsteadOfAnybody,
        new ReadIndex(17),
        new ReadIndex(17, Hops: 3),
        new ReadIndexResult(17, 9, 3),
        new ReadIndexResult(17, -1),
        new Confirm(B(4, 2), 17),
        new Confirm(B(4, 2), 17, TimeSpan.FromMilliseconds(200)),
        new Confirmed(new NodeId(1), Ballot.Bottom, 17),
        new Confirmed(new NodeId(1), B(4, 2), 17, TimeSpan.FromTicks(1)),
        new Progress(new NodeId(2), 10, 5, ulong.MaxValue),
        new CatchUp(10),
        new CatchUp(10, Waits: true),
        new Decisions([new Decision(10, B(4, 2), V("x")), new Decision(11, B(4, 2), Value.NoOp)]),
        new SnapshotOffer(10, 1L << 40),
        new FetchSnapshot(10, 1L << 33),
        new SnapshotChunk(10, 1L << 33, 1L << 40, Bytes),
        new AcceptorPromised(B(4, 2)),
        new AcceptorAccepted(P(B(4, 2), 9, "x")),
        new AcceptorAccepted(new PValue(B(4, 2), 9, Value.NoOp)),
        new AcceptorTruncated(100, B(4, 2)),
        new AcceptorTruncated(100, B(4, 2), TimeSpan.FromMilliseconds(200)),
        new LeaderRound(7),
        new ReplicaSnapshotDue(7),
        new ReplicaSnapshot(7, Bytes),
        new Hello(new NodeId(1), "akka.tcp://a@b:1", [new Member(new NodeId(1), "akka.tcp://a@b:1"), new Member(new NodeId(2), "akka.tcp://a@b:2")], "acceptor: full"),
        new Hello(new NodeId(1), "akka.tcp://a@b:1", [], "", new DiskClaim(DiskStage.Unknown, new DiskStart(DiskId.None, 0, 0), 64, null, [])),
        new Hello(new NodeId(1), "akka.tcp://a@b:1", [], "", new DiskClaim(DiskStage.Member, AStart, 64, Founding,
            [new KnownStart(new NodeId(1), AStart, [new NodeId(1), new NodeId(2)]), new KnownStart(new NodeId(2), AStart, [])])),
        new DiskStarted(AStart, IsAdopted: false),
        new DiskStarted(AStart, IsAdopted: true),
        new DiskMark(AStart),
        new DiskMarked(7),
        new FoundingRecorded(Founding),
        new ClusterFounded(),
        new ClusterJoined(Founding),
        new MembersChanged([new Governing(1, Founding, 1), new Governing(70, Founding.Next(Founding.Members), 1)]),
        new PeerStarted(new NodeId(2), AStart),
        new Welcome(new NodeId(2)),
        new FindLink(),
        new LinkAt(65535),
        new Refused(new NodeId(2), "node id 1 belongs to another"),
        new ClusterView(new NodeId(2), -7, [-7, int.MaxValue], NodeId.None),
        new ClusterView(new NodeId(2), 7, [], new NodeId(1)),
        new Synod.Request("X"),
        new Synod.Request(""),
        new Synod.Response(new NodeId(2), "X"),
        new Synod.Prepare(B(4, 2)),
        new Synod.Promise(new NodeId(3), B(4, 2), null),
        new Synod.Promise(new NodeId(3), B(4, 2), new Synod.Proposal(B(3), "")),
        new Synod.Accept(B(4, 2), "X"),
        new Synod.Accepted(new NodeId(3), B(4, 2), "X"),
        new Synod.Nack(new NodeId(3), B(4, 2), B(5)),
        new Synod.Chosen(B(4, 2), "X"),
        new Synod.Inquire(new NodeId(2)),
        new Synod.ProposerRound(7),
        new Synod.AcceptorPromised(B(4, 2)),
        new Synod.AcceptorAccepted(new Synod.Proposal(B(4, 2), "X")),
    ];

    private static DiskStart AStart => new(new DiskId(ulong.MaxValue), 1L << 40, ulong.MaxValue - 1);

    private static Configuration Founding =>
        new([new Member(new NodeId(1), "akka.tcp://a@b:1", Disk: new DiskId(7)), new Member(new NodeId(2), "akka.tcp://a@b:2", Votes: false)], 3, 128);

    /// <summary>Every type that the serializer is bound to.</summary>
    private static IEnumerable<Type> WireTypes => typeof(IPaxosMessage).Assembly.GetTypes()
        .Where(t => !t.IsInterface && (typeof(IPaxosMessage).IsAssignableFrom(t) || typeof(IPaxosRecord).IsAssignableFrom(t)));

    private object ThereAndBack(object message)
    {
        var serializer = Sys.Serialization.FindSerializerFor(message);
        Assert.IsType<PaxosSerializer>(serializer);
        var bytes = serializer.ToBinary(message);
        return Sys.Serialization.Deserialize(bytes, serializer.Identifier, Serialization.ManifestFor(serializer, message));
    }

    [Fact]
    public void Every_message_and_journal_entry_has_a_sample_here() =>
        Assert.Empty(WireTypes.Except(Samples.Select(s => s.GetType())).Select(t => t.FullName));

    [Fact]
    public void Every_sample_goes_there_and_back() => Assert.All(Samples, sample => Assert.Equal(Show(sample), Show(ThereAndBack(sample))));

    [Fact]
    public void A_hello_of_a_release_that_knows_no_disks_is_read_and_one_of_ours_has_all_that_it_knows()
    {
        var serializer = new PaxosSerializer((ExtendedActorSystem)Sys);
        // from 1 at "a", members 1 at "a" and 2 at "b", problem "p"
        const string before = "08011201611A0508011201611A050802120162220170";
        var read = Assert.IsType<Hello>(serializer.FromBinary(Convert.FromHexString(before), "Hello/1"));
        Assert.Equal((new NodeId(1), "a", 2, "p", null), (read.From, read.Address, read.Members.Count, read.Problem, read.Disk));
        var ours = serializer.ToBinary(read with { Disk = new DiskClaim(DiskStage.Empty, AStart, 64, null, []) });
        Assert.StartsWith(before, Convert.ToHexString(ours)); // what comes behind it passes over
    }

    [Theory]
    [InlineData("2A00")] // a claim without a start
    [InlineData("2A090804120009000000")] // not whole
    public void A_claim_that_is_none_is_refused(string disk) => Assert.Throws<SerializationException>(
        () => new PaxosSerializer((ExtendedActorSystem)Sys).FromBinary(Convert.FromHexString($"0801120161{disk}"), "Hello/1"));

    [Fact]
    public void A_stage_of_a_later_release_counts_for_nothing()
    {
        var hello = (Hello)new PaxosSerializer((ExtendedActorSystem)Sys).FromBinary(Convert.FromHexString("08011201612A04082A1200"), "Hello/1");
        Assert.Equal(DiskStage.Unknown, hello.Disk!.Stage);
    }

    [Fact]
    public void Manifests_are_short_distinct_and_end_in_a_version()
    {
        var serializer = new PaxosSerializer((ExtendedActorSystem)Sys);
        var manifests = Samples.DistinctBy(s => s.GetType()).Where(s => s is not Poll).Select(serializer.Manifest).ToList();
        Assert.Equal(manifests.Count, manifests.Distinct().Count());
        Assert.All(manifests, manifest => Assert.Matches("^[A-Za-z]{4,20}/[1-9]$", manifest));
    }

    [Fact]
    public void A_node_of_the_release_before_polls_were_takes_one_for_the_heartbeat_of_a_scout_below_all_ballots_and_passes_it_over()
    {
        var serializer = new PaxosSerializer((ExtendedActorSystem)Sys);
        var poll = new Poll(new NodeId(3), 17);
        Assert.Equal("Heartbeat/1", serializer.Manifest(poll));
        var read = Wire.Proto.Heartbeat.Parser.ParseFrom(serializer.ToBinary(poll)); // it does not know the field with the number
        Assert.True(read.Scouting);
        Assert.True(new Ballot(read.Ballot.Round, new NodeId(read.Ballot.Leader)) < Ballot.Bottom);
    }

    [Fact]
    public void An_unknown_manifest_is_named()
    {
        var failure = Assert.Throws<SerializationException>(() => new PaxosSerializer((ExtendedActorSystem)Sys).FromBinary([], "Accept/9"));
        Assert.Contains("'Accept/9'", failure.Message);
    }

    [Fact]
    public void Bytes_that_are_not_the_message_are_refused_with_its_manifest()
    {
        var serializer = new PaxosSerializer((ExtendedActorSystem)Sys);
        byte[][] garbage = [[0xFF], [0x0A, 0x7F, 0x01], []]; // the last is an accept without a pvalue
        Assert.All(garbage, bytes =>
            Assert.Contains("'Accept/1'", Assert.Throws<SerializationException>(() => serializer.FromBinary(bytes, "Accept/1")).Message));
        Assert.All(["SynodAccept/1", "SynodAccepted/1", "SynodChosen/1", "SynodProposal/1"], manifest =>
            Assert.Contains("a proposal is missing", Assert.Throws<SerializationException>(() => serializer.FromBinary([], manifest)).Message));
    }

    [Fact]
    public void A_message_for_inside_a_node_is_not_written()
    {
        var failure = Assert.Throws<SerializationException>(() => new PaxosSerializer((ExtendedActorSystem)Sys).ToBinary(new Executed(1)));
        Assert.Contains(nameof(Executed), failure.Message);
    }

    [Fact]
    public void Garbage_never_brings_anything_but_a_serialization_exception()
    {
        var serializer = new PaxosSerializer((ExtendedActorSystem)Sys);
        var random = new Random(20261120);
        foreach (var manifest in Samples.Select(serializer.Manifest).SelectMany(m => (string[])[m, m.Replace("/2", "/1")]).Distinct())
            for (var i = 0; i < 200; i++)
            {
                var bytes = new byte[random.Next(40)];
                random.NextBytes(bytes);
                try
                {
                    serializer.FromBinary(bytes, manifest);
                }
                catch (SerializationException)
                {
                }
            }
    }

    [Fact]
    public void Any_value_ballot_and_slot_go_there_and_back() =>
        Prop.ForAll(
            (from round in ArbMap.Default.GeneratorFor<long>()
             from leader in ArbMap.Default.GeneratorFor<int>()
             from slot in ArbMap.Default.GeneratorFor<long>()
             from operations in ArbMap.Default.GeneratorFor<byte[][]>()
             select new PValue(new Ballot(round, new NodeId(leader)), slot, ValueOf(operations))).ToArbitrary(),
            pvalue =>
            {
                var back = ((Accept)ThereAndBack(new Accept(pvalue))).PValue;
                return back.Equals(pvalue) && Show(back.Value.Commands) == Show(pvalue.Value.Commands)
                    && ((AcceptorAccepted)ThereAndBack(new AcceptorAccepted(pvalue))).PValue.Equals(pvalue);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ballots_are_in_one_order_by_round_and_then_by_leader() =>
        Prop.ForAll(
            (from rounds in Gen.ArrayOf(Gen.Choose(0, 3), 3)
             from leaders in Gen.ArrayOf(Gen.Choose(1, 3), 3)
             select rounds.Zip(leaders, (round, leader) => B(round, leader)).ToArray()).ToArbitrary(),
            ballots =>
            {
                var (a, b, c) = (ballots[0], ballots[1], ballots[2]);
                return (a < b) == (b > a) && (a <= b) == !(a > b) && (a >= b) == !(a < b) // total
                    && (a == b) == (a <= b && b <= a) // antisymmetric
                    && (!(a <= b && b <= c) || a <= c) // transitive
                    && (a.Round == b.Round || a < b == a.Round < b.Round); // by round first
            }).QuickCheckThrowOnFailure();

    private static Value ValueOf(byte[][] operations) =>
        operations.Length == 0 ? Value.NoOp : Value.Batch([.. operations.Select((operation, i) => new Command(i, i + 1, i, operation ?? []))]);

    /// <summary>A message in full: lists and bytes too, which records compare by reference.</summary>
    internal static string Show(object? o) => o switch
    {
        null => "null",
        string or ValueType and (IFormattable or bool or Enum) => o.ToString()!,
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        Value value => $"value {Convert.ToHexString(value.Encoded.Span)}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Show))}]",
        _ => $"{o.GetType().Name}({string.Join(", ", o.GetType().GetProperties().Select(p => $"{p.Name} = {Show(p.GetValue(o))}"))})",
    };
}
