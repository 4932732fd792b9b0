using AkkaPaxos.Consensus;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>Nodes with empty disks found a cluster all together or not at all, whatever becomes of messages and disks meanwhile.</summary>
public sealed class FoundingTests
{
    private const int Window = 64;
    private static readonly IReadOnlyList<Member> Members = [.. Enumerable.Range(1, 3).Select(id => new Member(new NodeId(id), $"akka.tcp://a@b:{id}"))];
    private static readonly NodeId One = new(1), Two = new(2), Three = new(3);
    private static readonly HashSet<NodeId> All = [One, Two, Three];

    private readonly Founding _one = new(One, Members, Window);
    private readonly Dictionary<NodeId, DiskClaim> _claims = [];

    private static DiskMemory Empty(ulong disk) => DiskMemory.Empty.With(new DiskStarted(new DiskStart(new DiskId(disk), 1, disk), false));

    private static DiskClaim Claim(DiskMemory memory, long window = Window) => new(
        memory.IsMember ? DiskStage.Member : memory.Founding is null ? DiskStage.Empty : DiskStage.Recorded, memory.Own!, window, memory.Founding, []);

    private static Configuration Map(params ulong[] disks) => new(Members.Zip(disks, (m, disk) => m with { Disk = new DiskId(disk) }), window: Window);

    [Fact]
    public void It_records_all_members_with_their_disks_once_it_has_heard_an_empty_one_of_each()
    {
        Assert.Null(_one.Next(Empty(1), _claims));
        _claims[Two] = Claim(Empty(2));
        Assert.Null(_one.Next(Empty(1), _claims));
        _claims[Three] = Claim(Empty(3));
        Assert.Equal(Map(1, 2, 3), Assert.IsType<RecordFounding>(_one.Next(Empty(1), _claims)).Configuration);
    }

    [Fact]
    public void It_is_founded_when_each_has_recorded_the_same_or_one_is_founded_with_it()
    {
        var recorded = Empty(1).With(new FoundingRecorded(Map(1, 2, 3)));
        _claims[Two] = Claim(Empty(2).With(new FoundingRecorded(Map(1, 2, 3))));
        _claims[Three] = Claim(Empty(3));
        Assert.Null(_one.Next(recorded, _claims));
        _claims[Three] = Claim(Empty(3).With(new FoundingRecorded(Map(1, 2, 3))));
        Assert.IsType<Found>(_one.Next(recorded, _claims));
        _claims.Remove(Two);
        Assert.Null(_one.Next(recorded, _claims));
        _claims[Three] = Claim(Empty(3).With(new FoundingRecorded(Map(1, 2, 3))).With(new ClusterFounded()));
        Assert.IsType<Found>(_one.Next(recorded, _claims));
        Assert.Null(_one.Next(recorded.With(new ClusterFounded()), _claims));
    }

    [Fact]
    public void It_takes_over_what_another_has_recorded_where_its_own_disk_is_in_it()
    {
        _claims[Two] = Claim(Empty(2).With(new FoundingRecorded(Map(1, 2, 3))));
        Assert.Equal(Map(1, 2, 3), Assert.IsType<RecordFounding>(_one.Next(Empty(1), _claims)).Configuration);
        Assert.Null(_one.Next(Empty(7), _claims));
    }

    [Fact]
    public void A_node_alone_founds_its_cluster_at_once()
    {
        var alone = new Founding(One, [Members[0]], Window);
        var recorded = Assert.IsType<RecordFounding>(alone.Next(Empty(1), _claims)).Configuration;
        Assert.IsType<Found>(alone.Next(Empty(1).With(new FoundingRecorded(recorded)), _claims));
    }

    [Fact]
    public void Two_empty_disks_found_nothing_with_a_member_of_a_cluster()
    {
        _claims[Two] = Claim(Empty(2));
        _claims[Three] = Claim(Empty(3).With(new FoundingRecorded(Map(8, 9, 3))).With(new ClusterFounded()));
        Assert.Null(_one.Next(Empty(1), _claims));
        Assert.StartsWith("its disk 0000000000000001 is empty, and node 3 belongs to a cluster that knows this node by disk 0000000000000008: it does not vote or answer",
            _one.Conflict(Empty(1), _claims, All));
        // Nor with one that has recorded another, which may have been in force.
        _claims[Three] = Claim(Empty(3).With(new FoundingRecorded(Map(8, 9, 3))));
        Assert.Null(_one.Next(Empty(1), _claims));
    }

    [Fact]
    public void Whom_it_waits_for_is_one_line_that_says_what_to_do()
    {
        Assert.Equal("the cluster is not founded yet, for which all members have to be there once: waits for nodes 2, 3; start them, or take them out of akkapaxos.members on every node",
            _one.Waits(_claims, new HashSet<NodeId>()));
        _claims[Two] = Claim(Empty(2));
        Assert.EndsWith("waits for node 3; start it, or take it out of akkapaxos.members on every node", _one.Waits(_claims, new HashSet<NodeId> { Two }));
        _claims[Three] = Claim(Empty(3));
        Assert.EndsWith("have to be there once", _one.Waits(_claims, All));
        Assert.Null(_one.Conflict(Empty(1), _claims, All));
    }

    [Fact]
    public void What_stands_in_the_way_is_one_line_that_says_what_to_do()
    {
        _claims[Two] = Claim(Empty(2));
        Assert.Contains("node 3 runs a release that knows no disks", _one.Conflict(Empty(1), _claims, All));
        Assert.Null(_one.Conflict(Empty(1), _claims, new HashSet<NodeId> { Two }));
        _claims[Three] = Claim(Empty(3), window: 128);
        Assert.Null(_one.Next(Empty(1), _claims));
        Assert.Equal("akkapaxos.window is 64, and 128 on node 3: a cluster is founded with one", _one.Conflict(Empty(1), _claims, All));
        _claims[Three] = Claim(Empty(4));
        Assert.StartsWith("the cluster began to be founded with disk 0000000000000003 of node 3, which has disk 0000000000000004 now: put that one back; or, if no node",
            _one.Conflict(Empty(1).With(new FoundingRecorded(Map(1, 2, 3))), _claims, All));
        Assert.Null(_one.Conflict(Empty(1).With(new FoundingRecorded(Map(1, 2, 3))).With(new ClusterFounded()), _claims, All));
    }

    /// <summary>Claims arrive late and out of order, disks are swapped for empty ones at any moment: what is in force somewhere shares no disk with anything else that is.</summary>
    [Fact]
    public void No_two_foundings_that_share_a_disk_are_ever_in_force()
    {
        var (founded, swapped) = (0, 0);
        for (var seed = 1; seed <= 3000; seed++)
        {
            var random = new Random(seed);
            var disks = 0UL;
            var inForce = new List<Configuration>();
            var nodes = Members.ToDictionary(m => m.Id, _ => Empty(++disks));
            var heard = Members.ToDictionary(m => m.Id, _ => new Dictionary<NodeId, DiskClaim>());
            var sent = new List<(NodeId From, DiskClaim Claim)>();
            for (var step = 0; step < 200; step++)
            {
                var node = Members[random.Next(3)].Id;
                switch (random.Next(100))
                {
                    case 0:
                        (nodes[node], heard[node]) = (Empty(++disks), []);
                        swapped++;
                        break;
                    case 1:
                        heard[node] = []; // it is started again
                        break;
                    case < 40:
                        sent.Add((node, Claim(nodes[node])));
                        break;
                    case < 70 when sent.Count > 0:
                        var (from, claim) = sent[^(1 + random.Next(Math.Min(sent.Count, 4)))];
                        if (from != node) heard[node][from] = claim;
                        break;
                    default:
                        nodes[node] = new Founding(node, Members, Window).Next(nodes[node], heard[node]) switch
                        {
                            RecordFounding record => nodes[node].With(new FoundingRecorded(record.Configuration)),
                            Found => nodes[node].With(new ClusterFounded()),
                            _ => nodes[node],
                        };
                        if (nodes[node] is { IsFounded: true, Founding: { } map } && !inForce.Contains(map))
                        {
                            founded++;
                            inForce.Add(map);
                        }
                        break;
                }
            }
            foreach (var (one, other) in inForce.SelectMany((one, i) => inForce.Skip(i + 1).Select(other => (one, other))))
                Assert.True(!one.Members.Select(m => m.Disk).Intersect(other.Members.Select(m => m.Disk)).Any(), $"seed {seed}: {string.Join(" ", one.Members.Select(m => m.Disk))} and {string.Join(" ", other.Members.Select(m => m.Disk))}");
        }
        Assert.True(founded > 100 && swapped > 1000, $"{founded} founded, {swapped} swapped"); // else it shows nothing
    }
}
