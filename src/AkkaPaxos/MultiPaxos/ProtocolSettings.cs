using Akka.Configuration;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.MultiPaxos;

/// <summary>The part of <c>akkapaxos</c> in HOCON that roles read; reference.conf says what each key means.</summary>
public sealed record ProtocolSettings
{
    /// <summary>Reads the settings.</summary>
    /// <param name="config">The section <c>akkapaxos</c>, with reference.conf behind it.</param>
    /// <exception cref="ConfigurationException">A value is missing, of the wrong kind or out of range; one line that names the key.</exception>
    public ProtocolSettings(Config config)
    {
        var section = new Section(config, "akkapaxos");
        Window = section.Long("window");
        WindowBytes = section.Size("window-bytes");
        BatchCommands = section.Whole("batch.commands");
        BatchBytes = section.Size("batch.bytes");
        HeartbeatInterval = section.Duration("leader.heartbeat-interval");
        LeaderTimeout = section.Duration("leader.timeout");
        LeaderTimeoutMax = section.Duration("leader.timeout-max");
        LeaderTimeoutStep = section.Duration("leader.timeout-step");
        LeaderTimeoutFactor = section.Real("leader.timeout-factor", 1, 1000);
        LeaderJitter = section.Real("leader.jitter", 0, 10);
        ReadLease = section.DurationOrOff("leader.read-lease");
        ClockDrift = section.Real("leader.clock-drift", 0, 0.9);
        ResendInterval = section.Duration("resend-interval");
        ForwardTimeout = section.Duration("forward-timeout");
        ProgressInterval = section.Duration("progress-interval");
        MaxRequestBytes = (int)section.Size("max-request-bytes", max: 512 << 20);
        PageBytes = section.Size("page-bytes");
        SnapshotSlots = section.Long("snapshot.slots");
        SnapshotBytes = section.Size("snapshot.bytes");
        SnapshotKeepSlots = section.Long("snapshot.keep-slots");
        Sessions = section.Whole("sessions");
        Trace = section.Whole("trace-slots", min: 0) > 0;
        if (LeaderTimeoutFactor <= 1) throw section.Wrong("leader.timeout-factor", "more than 1");
        if (LeaderTimeout <= HeartbeatInterval) throw section.Wrong("leader.timeout", "a duration longer than leader.heartbeat-interval");
        if (LeaderTimeoutMax < LeaderTimeout) throw section.Wrong("leader.timeout-max", "a duration not below leader.timeout");
        // A leader that dies is followed when it has been silent for the time-out: then nobody is bound to it any more.
        if (ReadLease >= LeaderTimeout) throw section.Wrong("leader.read-lease", "off, or a duration shorter than leader.timeout");
    }

    /// <summary>Slots that may be proposed beyond slotOut.</summary>
    public long Window { get; init; }

    /// <summary>Bytes of values that may be in flight at once; a single larger one still is.</summary>
    public long WindowBytes { get; init; }

    /// <summary>Bytes of values that may be on their way to one node: what is decided without it comes on top of what is in flight.</summary>
    public long UnderWayBytes => 2 * WindowBytes;

    /// <summary>Bytes of commands, and of questions, that may wait at a replica: at least the largest request, or it would never be taken.</summary>
    public long PendingBytes => Math.Max(8 * WindowBytes, MaxRequestBytes);

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

    /// <summary>
    /// For how long acceptors that confirm a leader's ballot are asked to promise no other leader anything, so that it answers for reads without asking
    /// again; zero: it asks each time.
    /// </summary>
    public TimeSpan ReadLease { get; init; }

    /// <summary>The share by which a node's clock may be faster or slower than time goes, where a read lease relies on it.</summary>
    public double ClockDrift { get; init; }

    /// <summary>After this long without an answer a message is sent again.</summary>
    public TimeSpan ResendInterval { get; init; }

    /// <summary>After this long a replica proposes what it had passed to the leader's replica itself.</summary>
    public TimeSpan ForwardTimeout { get; init; }

    /// <summary>The same in whole resend intervals; two at least, as one of them may just be over.</summary>
    public long ForwardTicks => Math.Max(2, (long)Math.Ceiling(ForwardTimeout / ResendInterval));

    /// <summary>Between two reports of progress to the other replicas.</summary>
    public TimeSpan ProgressInterval { get; init; }

    /// <summary>Bytes of the largest operation or question of a client.</summary>
    public int MaxRequestBytes { get; init; }

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
