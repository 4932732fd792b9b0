using Akka.Configuration;

namespace AkkaPaxos.MultiPaxos;

/// <summary>The part of <c>akkapaxos</c> in HOCON that roles read; reference.conf says what each key means.</summary>
public sealed record ProtocolSettings
{
    /// <summary>Reads the settings.</summary>
    /// <param name="config">The section <c>akkapaxos</c>, with reference.conf behind it.</param>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public ProtocolSettings(Config config)
    {
        Window = Positive("window");
        BatchCommands = (int)Positive("batch.commands");
        BatchBytes = Bytes("batch.bytes");
        HeartbeatInterval = Duration("leader.heartbeat-interval");
        LeaderTimeout = Duration("leader.timeout");
        LeaderTimeoutMax = Duration("leader.timeout-max");
        LeaderTimeoutStep = Duration("leader.timeout-step");
        LeaderTimeoutFactor = Number("leader.timeout-factor");
        LeaderJitter = Number("leader.jitter");
        ResendInterval = Duration("resend-interval");
        ForwardTimeout = Duration("forward-timeout");
        ProgressInterval = Duration("progress-interval");
        PageBytes = Bytes("page-bytes");
        SnapshotSlots = Positive("snapshot.slots");
        SnapshotBytes = Bytes("snapshot.bytes");
        SnapshotKeepSlots = Positive("snapshot.keep-slots");
        Sessions = (int)Positive("sessions");
        Trace = config.GetInt("trace-slots") > 0;
        if (LeaderTimeoutFactor <= 1) throw Wrong("leader.timeout-factor", "more than 1");
        if (LeaderJitter is < 0 or > 10) throw Wrong("leader.jitter", "from 0 to 10");
        if (LeaderTimeout <= HeartbeatInterval) throw Wrong("leader.timeout", "longer than leader.heartbeat-interval");
        if (LeaderTimeoutMax < LeaderTimeout) throw Wrong("leader.timeout-max", "not below leader.timeout");

        long Positive(string key) => Read(key, () => config.GetLong(key), n => n > 0, "a whole number above 0");
        long Bytes(string key) => Read(key, () => config.GetByteSize(key) ?? 0, n => n > 0, "a size above 0, like 512 KiB");
        TimeSpan Duration(string key) => Read(key, () => config.GetTimeSpan(key), t => t > TimeSpan.Zero, "a duration above 0, like 150ms");
        double Number(string key) => Read(key, () => config.GetDouble(key), _ => true, "a number");
        T Read<T>(string key, Func<T> read, Predicate<T> holds, string must)
        {
            try
            {
                return read() is var value && holds(value) ? value : throw Wrong(key, must);
            }
            catch (FormatException)
            {
                throw Wrong(key, must); // Akka's own words do not name the whole key
            }
        }

        ConfigurationException Wrong(string key, string must) => new($"akkapaxos.{key} = {config.GetString(key)}: must be {must}");
    }

    /// <summary>Slots that may be proposed beyond slotOut.</summary>
    public long Window { get; init; }

    /// <summary>Commands in a full batch.</summary>
    public int BatchCommands { get; init; }

    /// <summary>Bytes of operations in a full batch.</summary>
    public long BatchBytes { get; init; }

    /// <summary>Between two heartbeats of the active leader.</summary>
    public TimeSpan HeartbeatInterval { get; init; }

    /// <summary>Silence after which another leader tries; the lower bound of the adaptive time-out.</summary>
    public TimeSpan LeaderTimeout { get; init; }

    /// <summary>The upper bound of the adaptive time-out.</summary>
    public TimeSpan LeaderTimeoutMax { get; init; }

    /// <summary>What a success takes off the time-out.</summary>
    public TimeSpan LeaderTimeoutStep { get; init; }

    /// <summary>What a preemption multiplies the time-out by.</summary>
    public double LeaderTimeoutFactor { get; init; }

    /// <summary>The random part of the time-out, as a share of it.</summary>
    public double LeaderJitter { get; init; }

    /// <summary>After this long without an answer a message is sent again.</summary>
    public TimeSpan ResendInterval { get; init; }

    /// <summary>After this long a replica proposes what it had passed to the leader's replica itself.</summary>
    public TimeSpan ForwardTimeout { get; init; }

    /// <summary>Between two reports of progress to the other replicas.</summary>
    public TimeSpan ProgressInterval { get; init; }

    /// <summary>Bytes of values or snapshot in one message.</summary>
    public long PageBytes { get; init; }

    /// <summary>Slots between snapshots.</summary>
    public long SnapshotSlots { get; init; }

    /// <summary>Bytes of values between snapshots.</summary>
    public long SnapshotBytes { get; init; }

    /// <summary>Decisions kept in memory behind the last snapshot.</summary>
    public long SnapshotKeepSlots { get; init; }

    /// <summary>Client sessions remembered.</summary>
    public int Sessions { get; init; }

    /// <summary>Whether roles publish what they send on the event stream.</summary>
    public bool Trace { get; init; }
}
