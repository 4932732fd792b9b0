using AkkaPaxos.Consensus;
using Google.Protobuf;

namespace AkkaPaxos.StateMachine;

/// <summary>
/// All that a replica's log has led to: the application, the client sessions and how far it is. Equal logs give equal states, equal
/// checksums and equal snapshots.
/// </summary>
public class ReplicatedState
{
    private const int Version = 2;
    private readonly IStateMachine _application;
    private readonly Sessions _sessions;
    private readonly Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> _apply;

    /// <summary>The state before the first slot.</summary>
    /// <param name="application">An empty application.</param>
    /// <param name="sessions">Sessions remembered.</param>
    public ReplicatedState(IStateMachine application, int sessions)
    {
        _application = application;
        _sessions = new Sessions(sessions);
        _apply = application.Apply;
    }

    /// <summary>The lowest slot that is not executed: the next one to execute.</summary>
    public long SlotOut { get; private set; } = 1;

    /// <summary>The application's checksum with the sessions': equal for equal states (invariant R3).</summary>
    public ulong Checksum
    {
        get
        {
            var sum = Mix(_application.Checksum, (ulong)_sessions.Opened);
            sum = Mix(sum, (ulong)_sessions.Executed);
            return Mix(sum, (ulong)_sessions.Evicted);
        }
    }

    /// <summary>Executes the value of slot <see cref="SlotOut"/>; reports each command's answer, in order, and goes to the next slot.</summary>
    /// <exception cref="FormatException">The value is not an encoded batch.</exception>
    public void Execute(Value value, Action<Command, Answer> answered)
    {
        foreach (var command in value.Commands) answered(command, ExecuteOnce(command));
        SlotOut++;
    }

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
        var state = new Proto.State { Version = Version, SlotOut = SlotOut, Checksum = Checksum };
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
        if (state.Version != Version || state.SlotOut < 1)
            throw new FormatException(
                $"a replica's snapshot has version {state.Version} at slot {state.SlotOut}; this program reads version {Version}");
        _application.Restore(state.Application.Memory);
        _sessions.Restore(state);
        SlotOut = state.SlotOut;
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
