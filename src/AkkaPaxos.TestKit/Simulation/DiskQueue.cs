using System.Diagnostics.CodeAnalysis;
using System.Runtime.Serialization;
using Akka.Actor;
using AkkaPaxos.Journal;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>Runs what waits for the disk, in order, each thing after the sync of all that was written before it.</summary>
internal sealed class DiskQueue
{
    private readonly SimulatedSystem _system;
    private readonly IActorRef _owner;
    private readonly Func<SimulatedDisk, DiskTail> _tailOf;
    private readonly Queue<(int Writes, Action<Exception?> Done)> _waiting = new();
    private Incarnation _life = null!;
    private DiskTail _tail = null!;
    private int _covered; // entries of the queue that the sync under way is for
    private bool _isIdleSoon;

    public DiskQueue(IActorContext context, IActorRef owner, Func<SimulatedDisk, DiskTail> tail)
    {
        _system = ((SimulatedActorRefProvider)((ExtendedActorSystem)context.System).Provider).System;
        (_owner, _tailOf) = (owner, tail);
    }

    /// <summary>Told to the owner when a sync is done.</summary>
    internal sealed record Synced
    {
        public static readonly Synced Instance = new();
    }

    /// <summary>Told to the owner when nothing may have been written for a while.</summary>
    internal sealed record Idle
    {
        public static readonly Idle Instance = new();
    }

    public SimulatedDisk Disk => _life.Node.Disk;

    private SimulatedLog? Log => _tail == Disk.JournalTail ? Disk.Log : null;

    /// <summary>Whether it is the disk that failed, or what it has changed.</summary>
    public static bool IsOfDisk(Exception e) => e is IOException or SerializationException;

    /// <summary>Whether there is a life to work for; what one before it left undone is forgotten.</summary>
    public bool HasWork()
    {
        if (_system.Life is not { IsAlive: true } life) return false;
        if (life == _life) return true;
        (_life, _tail, _covered, _isIdleSoon) = (life, _tailOf(life.Node.Disk), 0, false);
        _waiting.Clear();
        return true;
    }

    /// <summary>Whether a write that comes now fails.</summary>
    /// <param name="stored">Whether it reaches the disk all the same: a failure says nothing about that.</param>
    public bool Fails(out bool stored) => _life.Node.World.DiskFails(_life.Node, out stored);

    /// <param name="operations">What is to be written.</param>
    /// <param name="done">Is told when it is on disk, and of what failed where it is not.</param>
    public void Add(IReadOnlyList<IDiskOperation> operations, Action<Exception?> done)
    {
        _tail.Write(operations);
        _waiting.Enqueue((operations.Count, done));
        if (_covered == 0) Start();
    }

    /// <summary>Reads a record; false where its serializer finds that it is not one.</summary>
    public bool TryLoad(
        StoredObject stored, ExtendedActorSystem system, [NotNullWhen(true)] out object? payload, [NotNullWhen(false)] out Exception? cause)
    {
        (payload, cause) = (null, null);
        try
        {
            payload = stored.Load(system);
        }
        catch (SerializationException e)
        {
            cause = e;
        }
        if (stored.IsCorrupt) _life.Node.World.OnCorruptRead(_life.Node, payload);
        return payload is not null;
    }

    private void Start()
    {
        while (_waiting.Count > 0)
        {
            _covered = _waiting.Count;
            _tail.Begin();
            var delay = _waiting.Any(w => w.Writes > 0) ? _life.Node.World.SyncDelay(_life.Node) : TimeSpan.Zero;
            if (delay > TimeSpan.Zero)
            {
                _life.System.Scheduler.ScheduleTellOnce(delay, _owner, Synced.Instance, ActorRefs.NoSender);
                return;
            }
            Finish();
        }
        if (_isIdleSoon || Log is not { IsUnmarked: true }) return;
        _isIdleSoon = true;
        _life.System.Scheduler.ScheduleTellOnce(LogWriter.MarkAfter, _owner, Idle.Instance, ActorRefs.NoSender);
    }

    /// <summary>What a log does when nobody writes.</summary>
    public void OnIdle()
    {
        _isIdleSoon = false;
        if (_waiting.Count > 0) return; // it comes again
        try
        {
            Log?.Idle();
        }
        catch (IOException)
        {
            // Who writes next is told.
        }
    }

    public void OnSynced()
    {
        Finish();
        Start();
    }

    private void Finish()
    {
        var failure = Log is { } log && _waiting.Take(_covered).Any(w => w.Writes > 0) ? Commit(log) : null;
        for (; _covered > 0; _covered--)
        {
            var (writes, done) = _waiting.Dequeue();
            if (writes > 0 && Log is null) _life.Node.Synced(_tail.Sync(writes));
            done(writes > 0 ? failure : null);
        }
    }

    // All that waits at once.
    private Exception? Commit(SimulatedLog log)
    {
        try
        {
            _life.Node.Synced(_tail.Commit(log));
            return null;
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            return e;
        }
    }
}
