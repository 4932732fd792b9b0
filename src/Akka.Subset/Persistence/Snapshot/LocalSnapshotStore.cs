using Akka.Actor;
using Google.Protobuf;

namespace Akka.Persistence.Snapshot;

/// <summary>Snapshots as files in a folder, named snapshot-{persistence id}-{sequence number}-{ticks} and laid out as Akka.NET does.</summary>
public class LocalSnapshotStore : SnapshotStore
{
    private readonly DirectoryInfo _folder;
    private readonly int _maxLoadAttempts;
    private readonly PayloadSerializer _serializer;

    public LocalSnapshotStore()
    {
        var config = Persistence.Instance.Apply(Context.System).ConfigFor(Self);
        _folder = new DirectoryInfo(config.GetString("dir", "snapshots"));
        _maxLoadAttempts = Math.Max(1, config.GetInt("max-load-attempts", 3));
        _serializer = new PayloadSerializer(Context.System, config.GetString("serializer"));
    }

    protected override void PreStart()
    {
        _folder.Create();
        base.PreStart();
    }

    protected override Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Task.Run(() =>
    {
        // A crash may have left the youngest file damaged; then an older one does, with more events to replay.
        var candidates = Find(persistenceId, criteria).OrderByDescending(m => m.SequenceNr).ThenByDescending(m => m.Timestamp)
            .Take(_maxLoadAttempts).ToList();
        for (var i = 0; i < candidates.Count; i++)
        {
            try
            {
                return new SelectedSnapshot(candidates[i], Decode(File.ReadAllBytes(FileOf(candidates[i]))));
            }
            catch (Exception) when (i < candidates.Count - 1)
            {
                // The next older one.
            }
        }
        return null;
    });

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        var bytes = Encode(snapshot);
        return Task.Run(() =>
        {
            _folder.Create();
            var file = FileOf(metadata);
            using (var stream = new FileStream(file + ".tmp", FileMode.Create))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }
            File.Move(file + ".tmp", file, overwrite: true);
        });
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata) => Task.Run(() =>
    {
        foreach (var found in Find(metadata.PersistenceId, SnapshotSelectionCriteria.Latest))
            if (found.SequenceNr == metadata.SequenceNr && (metadata.Timestamp == SnapshotMetadata.TimestampNotSpecified || found.Equals(metadata)))
                File.Delete(FileOf(found));
    });

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Task.Run(() =>
    {
        foreach (var found in Find(persistenceId, criteria)) File.Delete(FileOf(found));
    });

    private string FileOf(SnapshotMetadata m) =>
        Path.Combine(_folder.FullName, $"snapshot-{Uri.EscapeDataString(m.PersistenceId)}-{m.SequenceNr}-{m.Timestamp.Ticks}");

    private List<SnapshotMetadata> Find(string persistenceId, SnapshotSelectionCriteria criteria)
    {
        var found = new List<SnapshotMetadata>();
        if (!Directory.Exists(_folder.FullName)) return found;
        var prefix = $"snapshot-{Uri.EscapeDataString(persistenceId)}-";
        foreach (var path in Directory.EnumerateFiles(_folder.FullName, prefix + "*"))
        {
            var parts = Path.GetFileName(path)[prefix.Length..].Split('-');
            if (parts.Length != 2 || !long.TryParse(parts[0], out var sequenceNr) || !long.TryParse(parts[1], out var ticks)) continue;
            var metadata = new SnapshotMetadata(persistenceId, sequenceNr, new DateTime(ticks, DateTimeKind.Utc));
            if (criteria.IsMatch(metadata)) found.Add(metadata);
        }
        return found;
    }

    // Akka.NET's PersistentPayload: 1 = serializer id, 2 = bytes, 3 = manifest.
    private byte[] Encode(object snapshot)
    {
        var payload = _serializer.Serialize(snapshot);
        var stream = new MemoryStream(payload.Bytes.Length + 64);
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteInt32(payload.SerializerId);
            output.WriteTag(2, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(payload.Bytes));
            if (payload.Manifest.Length > 0)
            {
                output.WriteTag(3, WireFormat.WireType.LengthDelimited);
                output.WriteString(payload.Manifest);
            }
        }
        return stream.ToArray();
    }

    private object Decode(byte[] file)
    {
        var input = new CodedInputStream(file);
        var (id, bytes, manifest) = (0, Array.Empty<byte>(), "");
        while (input.ReadTag() is var tag && tag != 0)
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    id = input.ReadInt32();
                    break;
                case 2:
                    bytes = input.ReadBytes().ToByteArray();
                    break;
                case 3:
                    manifest = input.ReadString();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        return _serializer.Deserialize(bytes, id, manifest);
    }
}
