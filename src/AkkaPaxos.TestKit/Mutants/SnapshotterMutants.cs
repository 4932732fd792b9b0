using AkkaPaxos.MultiPaxos;
using Google.Protobuf;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>Leaves the sessions out of its snapshots (R5, R3).</summary>
internal sealed class SnapshotsWithoutSessions(RoleContext context) : Snapshotter(context)
{
    private const int Sessions = 6; // of snapshot.proto's State

    protected override void OnCommand(object message) =>
        base.OnCommand(message is ReplicaSnapshot snapshot ? snapshot with { State = Without(Sessions, snapshot.State.ToArray()) } : message);

    private static byte[] Without(int field, byte[] encoded)
    {
        var (input, kept) = (new CodedInputStream(encoded), new MemoryStream());
        for (var from = 0; input.ReadTag() is var tag && tag != 0; from = (int)input.Position)
        {
            input.SkipLastField();
            if (WireFormat.GetTagFieldNumber(tag) != field) kept.Write(encoded, from, (int)input.Position - from);
        }

        return kept.ToArray();
    }
}

/// <summary>Says that its snapshot holds the next slot as well: who restores it never executes that one (R3).</summary>
internal sealed class SnapshotsOneSlotLate(RoleContext context) : Snapshotter(context)
{
    private const int SlotOut = 2; // of snapshot.proto's State

    protected override void OnCommand(object message)
    {
        if (message is ReplicaSnapshot snapshot) message = new ReplicaSnapshot(snapshot.SlotOut + 1, Late(snapshot));
        base.OnCommand(message);
    }

    // The last of a field's values counts in protobuf's encoding.
    private static byte[] Late(ReplicaSnapshot snapshot)
    {
        var late = new MemoryStream();
        late.Write(snapshot.State.Span);
        var output = new CodedOutputStream(late, leaveOpen: true);
        output.WriteTag(SlotOut, WireFormat.WireType.Varint);
        output.WriteInt64(snapshot.SlotOut + 1);
        output.Flush();
        return late.ToArray();
    }
}

/// <summary>Takes how far others have executed for how far their snapshots reach: truncates what none of them can restore (A3).</summary>
internal sealed class TruncatesAtExecuted(RoleContext context) : Snapshotter(context)
{
    protected override void OnCommand(object message) =>
        base.OnCommand(message is Progress progress ? progress with { SnapshotSlot = progress.SlotOut } : message);
}
