using Akka.Actor;
using AkkaPaxos.Journal;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Tests;

/// <summary>
/// What the release before says and writes is read (wire and journal), as a cluster is upgraded node by node and each on its own folder: bytes that its program wrote. They are written down
/// anew at each release, by its own code: each sample of <see cref="WireTests"/> as a line of ReleaseBefore.txt, with its manifest and its bytes.
/// </summary>
public class ReleaseBeforeTests : RoleTestBase
{
    // By offset: what is not zero of a segment of 64 KiB with two commits, of one entry and of two.
    private static readonly (int At, string Bytes)[] Segment =
    [
        (0, "416B6B6150784C670100000000000000010000000000000007000000000000000000010000000000010000000000000000000000000000008EBDDD82648B9252"),
        (4096, "D82000000000000000000000000000009A03273D3975DEA7"),
        (8192, "3B000000BCAF3FD62E47A278A648AA710100187061786F732D64656661756C742D312D6163636570746F72018080CCB5EAB3A8ED0809000A50726F6D697365642F32000000017703010203"
            + "000000000073000000A28854CB910EFB8A17AD78130100167061786F732D64656661756C742D312D6C6561646572018180CCB5EAB3A8ED0809000D4C6561646572526F756E642F32000165"
            + "00017701040100187061786F732D64656661756C742D312D6163636570746F72028280CCB5EAB3A8ED0809000A41636365707465642F32000004020506"),
    ];

    [Fact]
    public void Each_of_its_messages_and_records_is_one_of_todays_samples()
    {
        using var lines = new StreamReader(typeof(ReleaseBeforeTests).Assembly.GetManifestResourceStream("ReleaseBefore.txt")!);
        var recorded = lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToList();
        var today = WireTests.Samples.Select(WireTests.Show).ToHashSet();
        var serializer = new PaxosSerializer((ExtendedActorSystem)Sys);
        Assert.True(recorded.Count > 60);
        Assert.All(recorded, line => Assert.Contains(WireTests.Show(serializer.FromBinary(Convert.FromHexString(line.ElementAtOrDefault(1) ?? ""), line[0])), today));
    }

    [Fact]
    public void Its_log_is_read_and_goes_on()
    {
        var folder = Directory.CreateTempSubdirectory("akkapaxos-log-").FullName;
        try
        {
            var segment = new byte[64 << 10];
            foreach (var (at, bytes) in Segment) Convert.FromHexString(bytes).CopyTo(segment, at);
            File.WriteAllBytes(Path.Combine(folder, "0000000000000001.log"), segment);
            var acceptor = new List<LogEntry>
            {
                new("paxos-default-1-acceptor", 1, 638_000_000_000_000_000, 9, "Promised/2", "", "w", new byte[] { 1, 2, 3 }),
                new("paxos-default-1-acceptor", 2, 638_000_000_000_000_002, 9, "Accepted/2", "", "w", new byte[] { 5, 6 }),
            };
            using (var log = Open())
            {
                Read(log, acceptor);
                acceptor.Add(acceptor[^1] with { SequenceNr = 3 });
                log.Commit([acceptor[^1]]);
            }

            using (var log = Open())
            {
                Read(log, acceptor);
                Read(log, [new("paxos-default-1-leader", 1, 638_000_000_000_000_001, 9, "LeaderRound/2", "e", "w", new byte[] { 4 })]);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        SegmentedLog Open() => SegmentedLog.Open(new DiskFolder(folder, sync: false), LogSettings.Of(64 << 10));

        static void Read(SegmentedLog log, List<LogEntry> expected)
        {
            var id = expected[0].PersistenceId;
            var read = new List<LogEntry>();
            SegmentedLog.Read(log.Index.Find(id, 1, long.MaxValue, long.MaxValue), id, read.Add);
            Assert.Equal(expected, read);
        }
    }
}
