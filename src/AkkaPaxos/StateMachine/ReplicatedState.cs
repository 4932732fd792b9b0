using AkkaPaxos.Consensus;
using Google.Protobuf;

namespace AkkaPaxos.StateMachine;

/// <summary>
/// All that a replica's log has led to: the application, the client sessions, who takes part, and how far it is. Equal logs give equal
/// states, equal checksums and equal snapshots.
/// </summary>
public class ReplicatedState
{
    private const int Version = 3;
    private const int VersionOfConstantMembers = 2; // what it is written as until the members change, so that the release before reads it
    private readonly IStateMachine _application;
    private readonly Sessions _sessions;
    private readonly Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> _apply;
    private ulong _configurationsChecksum;

    /// <summary>The state before the first slot.</summary>
    /// <param name="application">An empty application.</param>
    /// <param name="sessions">Sessions remembered.</param>
    /// <param name="founding">Who founded the cluster.</param>
    public ReplicatedState(IStateMachine application, int sessions, ConfigurationHistory founding)
    {
        _application = application;
        Change(founding);
        _sessions = new Sessions(sessions);
        _apply = application.Apply;
    }

    /// <summary>The lowest slot that is not executed: the next one to execute.</summary>
    public long SlotOut { get; private set; } = 1;

    /// <summary>Which configuration governs which slot, as far as is executed.</summary>
    public ConfigurationHistory Configurations { get; private set; } = null!; // the constructor's Change sets it

    /// <summary>The application's checksum with the sessions' and the members': equal for equal states (invariant R3).</summary>
    public ulong Checksum
    {
        get
        {
            var sum = Mix(_application.Checksum, (ulong)_sessions.Opened);
            sum = Mix(sum, (ulong)_sessions.Executed);
            sum = Mix(sum, (ulong)_sessions.Evicted);
            return IsOfConstantMembers ? sum : Mix(sum, _configurationsChecksum);
        }
    }

    /// <summary>Executes the value of slot <see cref="SlotOut"/>; reports each command's answer, in order, and goes to the next slot.</summary>
    /// <exception cref="FormatException">The value is not an encoded one.</exception>
    public void Execute(Value value, Action<Command, Answer> answered)
    {
        if (value.Configuration is { } configuration) Change(Reconfigure(SlotOut, configuration));
        else foreach (var command in value.Commands) answered(command, ExecuteOnce(command));
        SlotOut++;
    }

    /// <summary>The configurations with the one that a slot has decided (PMMC 4.4).</summary>
    protected virtual ConfigurationHistory Reconfigure(long slot, Configuration configuration) => Configurations.Decided(slot, configuration);

    /// <summary>Others go on with this state, as a cluster of their own.</summary>
    /// <param name="founding">Who they are.</param>
    /// <returns>Whether that changes it.</returns>
    public bool FoundAnew(ConfigurationHistory founding)
    {
        var changes = Configurations.Entries.Count > 1 || !Configurations.Latest.Equals(founding.Latest);
        if (changes) Change(founding);
        return changes;
    }

    private void Change(ConfigurationHistory configurations)
    {
        Configurations = configurations;
        _configurationsChecksum = 0;
        foreach (var entry in Configurations.Entries)
            foreach (var b in entry.ToProto().ToByteArray())
                _configurationsChecksum = Mix(_configurationsChecksum, b);
    }

    private bool IsOfConstantMembers => Configurations.Latest.Version == 0;

    /// <summary>Executes a decided command, unless it was executed before (invariant R5).</summary>
    protected virtual Answer ExecuteOnce(Command command) => _sessions.Execute(command, _apply);

    /// <summary>The answer to a command, if it is known without executing anything.</summary>
    public bool TryAnswer(Command command, out Answer answer) => _sessions.TryAnswer(command, out answer);

    /// <summary>Asks the application as it is now.</summary>
    public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => _application.Query(query);

    /// <summary>A question to the application as it is now that takes long, as work for another thread; null where it does not.</summary>
    public Func<CancellationToken, ReadOnlyMemory<byte>>? LongQuery(ReadOnlyMemory<byte> query) => _application.LongQuery(query);

    /// <summary>Takes hold of the whole state as it is now.</summary>
    /// <returns>Encodes it (snapshot.proto), also on another thread; bytes that are equal for equal states.</returns>
    public Func<byte[]> Snapshot()
    {
        var application = _application.Snapshot();
        var state = new Proto.State
        {
            Version = IsOfConstantMembers ? VersionOfConstantMembers : Version, SlotOut = SlotOut, Checksum = Checksum, Configurations = { Configurations.Entries.Select(e => e.ToProto()) },
            ConfigurationsChecksum = _configurationsChecksum,
        };
        _sessions.Save(state);
        return () =>
        {
            state.Application = UnsafeByteOperations.UnsafeWrap(application());
            return state.ToByteArray();
        };
    }

    /// <summary>Replaces the whole state by one that <see cref="Snapshot"/> returned.</summary>
    /// <exception cref="FormatException">The bytes are not such a state, or do not restore to the checksum they carry; this state is not to be used
    /// any more.</exception>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        Proto.State state;
        try
        {
            state = Proto.State.Parser.ParseFrom(snapshot.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"a replica's snapshot ({snapshot.Length} bytes) does not parse: {e.Message}", e);
        }
        if (state.Version is not (Version or VersionOfConstantMembers) || state.SlotOut < 1)
            throw new FormatException(
                $"a replica's snapshot has version {state.Version} at slot {state.SlotOut}; this program reads versions {VersionOfConstantMembers} and {Version}");
        _application.Restore(state.Application.Memory);
        _sessions.Restore(state);
        SlotOut = state.SlotOut;
        if (state.Configurations.Count > 0) // else it is of the release before, and the members are those that founded the cluster
        {
            Change(ConfigurationHistory.Of(state.Configurations.Select(Governing.FromProto)));
            if (_configurationsChecksum != state.ConfigurationsChecksum) throw new FormatException($"a replica's snapshot at slot {SlotOut} has other members than were saved");
        }
        if (Checksum != state.Checksum)
            throw new FormatException(
                $"a replica's snapshot at slot {SlotOut} restores to checksum {Checksum:x16}, but was saved with {state.Checksum:x16}");
    }

    // splitmix64's finalizer: every bit of both reaches every bit of the result.
    private static ulong Mix(ulong a, ulong b)
    {
        var x = a + 0x9E3779B97F4A7C15 * (b + 1);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
