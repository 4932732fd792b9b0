using System.Runtime.Serialization;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using AkkaPaxos.Wire;

namespace AkkaPaxos.Tests;

/// <summary>A record on disk reads as what was written, or not at all ("Paxos Made Live", 5.1). Roles over such a disk: CorruptRecordTests.</summary>
public class RecordChecksumTests : RoleTestBase
{
    /// <summary>A record: its manifest without the version, its protobuf form, and the checksum of "name/2", that form and a zero.</summary>
    private sealed record Sample(IPaxosRecord Record, string Name, string Form, string Checksum)
    {
        public string Manifest => $"{Name}/2";

        public byte[] Bytes => Convert.FromHexString($"{Form}00{Checksum}");
    }

    // Fixed, as data directories hold them. The checksums are another program's.
    private static readonly Sample[] Samples =
    [
        new(new AcceptorPromised(B(4, 2)), "AcceptorPromised", "0A0408041002", "FFB9F4AD"),
        new(new AcceptorAccepted(P(B(4, 2), 9, "x")), "AcceptorAccepted", "0A150A040804100210091A0B0A09080110011801220178", "10542F92"),
        new(new AcceptorTruncated(100, B(4, 2)), "AcceptorTruncated", "0864120408041002", "1F64D0E7"),
        new(new LeaderRound(7), "LeaderRound", "0807", "143331F3"),
        new(new ReplicaSnapshotDue(7), "ReplicaSnapshotDue", "0807", "0FDC2FCE"),
        new(new ReplicaSnapshot(7, new byte[] { 0, 1, 254, 255 }), "ReplicaSnapshot", "080712040001FEFF", "E8E00FCF"),
        new(new DiskStarted(Third, IsAdopted: true), "DiskStarted", "0A1409070000000000000010031909000000000000001001", "D80E2C92"),
        new(new DiskMark(Third), "DiskMark", "0A140907000000000000001003190900000000000000", "5C0032C0"),
        new(new DiskMarked(3), "DiskMarked", "0803", "8950F109"),
        new(new FoundingRecorded(OfOne), "FoundingRecorded", "0A1210401A0E0801120161210700000000000000", "66A6F317"),
        new(new ClusterFounded(), "ClusterFounded", "", "223A96A6"),
        new(new ClusterJoined(OfOne), "ClusterJoined", "0A1210401A0E0801120161210700000000000000", "46138B80"),
        new(new MembersChanged([new Governing(1, OfOne, 1)]), "MembersChanged", "0A180801121210401A0E08011201612107000000000000001801", "AAC179D5"),
        new(new PeerStarted(new NodeId(2), Third), "PeerStarted", "080212140907000000000000001003190900000000000000", "46F0D5F2"),
        new(new Synod.ProposerRound(7), "SynodRound", "0807", "0A1C65DB"),
        new(new Synod.AcceptorPromised(B(4, 2)), "SynodPromised", "0A0408041002", "75FB2A7E"),
        new(new Synod.AcceptorAccepted(new Synod.Proposal(B(4, 2), "X")), "SynodProposal", "0A090A0408041002120158", "F0D36E0B"),
    ];

    private static Configuration OfOne => new([new Member(new NodeId(1), "a", Disk: new DiskId(7))]);

    private static DiskStart Third => new(new DiskId(7), 3, 9);

    private PaxosSerializer Serializer => field ??= new PaxosSerializer((ExtendedActorSystem)Sys);

    private string Read(byte[] bytes, string manifest) => WireTests.Show(Serializer.FromBinary(bytes, manifest));

    private void IsRefused(byte[] bytes, string manifest, string what)
    {
        var failure = Record.Exception(() => Serializer.FromBinary(bytes, manifest));
        Assert.True(failure is SerializationException, $"{what} read as '{manifest}' brought {failure?.GetType().Name ?? "a record"}");
    }

    [Fact]
    public void Every_type_of_record_has_a_sample_here() => Assert.Empty(typeof(IPaxosRecord).Assembly.GetTypes()
        .Where(t => !t.IsInterface && typeof(IPaxosRecord).IsAssignableFrom(t)).Except(Samples.Select(s => s.Record.GetType())));

    [Fact]
    public void A_record_is_written_with_a_checksum_and_read_again() => Assert.All(Samples, sample =>
    {
        Assert.Equal(sample.Manifest, Serializer.Manifest(sample.Record));
        Assert.Equal(sample.Bytes, Serializer.ToBinary(sample.Record));
        Assert.Equal(WireTests.Show(sample.Record), Read(sample.Bytes, sample.Manifest));
    });

    [Fact]
    public void A_record_from_before_there_were_checksums_is_read() => Assert.All(Samples, sample =>
        Assert.Equal(WireTests.Show(sample.Record), Read(Convert.FromHexString(sample.Form), $"{sample.Name}/1")));

    [Fact]
    public void Every_flipped_bit_is_found() => Assert.All(Samples, sample =>
    {
        for (var bit = 0; bit < sample.Bytes.Length * 8; bit++)
        {
            var bytes = sample.Bytes;
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            IsRefused(bytes, sample.Manifest, $"bit {bit} of {sample.Name} flipped");
        }
    });

    [Fact]
    public void A_record_cut_off_anywhere_or_with_more_behind_it_is_found() => Assert.All(Samples, sample =>
    {
        for (var length = 0; length < sample.Bytes.Length; length++)
            IsRefused(sample.Bytes[..length], sample.Manifest, $"{length} bytes of {sample.Name}");
        for (var more = 0; more <= byte.MaxValue; more++)
            IsRefused([.. sample.Bytes, (byte)more], sample.Manifest, $"{sample.Name} and {more}");
    });

    [Fact]
    public void Zeros_are_no_record() => Assert.All(Samples, sample =>
    {
        for (var length = 0; length < 4096; length++) IsRefused(new byte[length], sample.Manifest, $"{length} zeros");
    });

    [Fact]
    public void A_record_does_not_read_under_another_manifest()
    {
        string[] others = ["Heartbeat/1", "Accept/1", "CatchUp/1", "SynodPrepare/1", "SynodAccept/1"]; // messages of the same protobuf form
        var manifests = Samples.Select(s => s.Manifest).Concat(Samples.Select(s => $"{s.Name}/1")).Concat(others).ToList();
        Assert.All(Samples, sample =>
        {
            foreach (var manifest in manifests.Where(m => m != sample.Manifest)) IsRefused(sample.Bytes, manifest, sample.Manifest);
            foreach (var other in Samples) IsRefused(Convert.FromHexString(sample.Form), other.Manifest, $"{sample.Name}/1");
        });
    }

    [Fact]
    public void Every_byte_of_a_large_value_is_under_the_checksum()
    {
        var record = new AcceptorAccepted(new PValue(B(4, 2), 9, Value.Batch([new Command(1, 1, 1, new byte[1001])])));
        var bytes = Serializer.ToBinary(record);
        Assert.Equal(WireTests.Show(record), Read(bytes, "AcceptorAccepted/2"));
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x10;
            IsRefused(bytes, "AcceptorAccepted/2", $"byte {i}");
            bytes[i] ^= 0x10;
        }
    }

    [Fact]
    public void The_message_tells_an_operator_what_happened_and_what_to_do_in_one_line()
    {
        var failure = Assert.Throws<SerializationException>(() => Serializer.FromBinary([8, 6, .. Samples[3].Bytes[2..]], "LeaderRound/2"));
        Assert.Equal("a record of 7 bytes with the manifest 'LeaderRound/2' does not have the checksum it was written with: the disk has changed it. "
            + "Stop this node and check its disk; only an unharmed copy of the same state will do, such as a mirror's: with an emptied disk or an "
            + "older backup the node would forget what it has promised", failure.Message);
    }
}
