#nullable disable
using System.Diagnostics;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch.MessageQueues;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>Something a dispatcher can run, also directly as a work item of the thread pool.</summary>
public interface IRunnable : IThreadPoolWorkItem
{
    void Run();
}

public sealed class ActionRunnable : IRunnable
{
    private readonly Action _action;
    public ActionRunnable(Action action) => _action = action;
    public void Run() => _action();
    public void Execute() => _action();
}

public sealed class ActionWithStateRunnable : IRunnable
{
    private readonly Action<object> _action;
    private readonly object _state;

    public ActionWithStateRunnable(Action<object> actionWithState, object state)
    {
        _action = actionWithState;
        _state = state;
    }

    public void Run() => _action(_state);
    public void Execute() => _action(_state);
}

/// <summary>
/// An actor's two queues and their state. System messages come first. The mailbox runs as a work item in slices of
/// <c>throughput</c> messages and is scheduled only while it has something to do.
/// </summary>
public class Mailbox : IRunnable
{
    // The status: bit 0 closed, bit 1 scheduled, above them how often the mailbox was suspended.
    private const int Closed = 1;
    private const int Scheduled = 2;
    private const int ShouldNotProcessMask = ~2;
    private const int SuspendUnit = 4;

    private int _status;
    private SystemMessage _systemQueue; // newest first
    private ActorCell _actor;

    public Mailbox(IMessageQueue messageQueue) => MessageQueue = messageQueue;

    public IMessageQueue MessageQueue { get; }
    public MessageDispatcher Dispatcher => _actor?.Dispatcher;
    internal ActorCell Actor => _actor;

    public virtual void SetActor(ActorCell actorCell) => _actor = actorCell;

    internal bool HasMessages => MessageQueue.HasMessages;
    internal int NumberOfMessages => MessageQueue.Count;
    internal bool IsSuspended => (Volatile.Read(ref _status) & ~(Closed | Scheduled)) != 0;
    internal bool IsClosed => Volatile.Read(ref _status) == Closed;
    internal bool IsScheduled => (Volatile.Read(ref _status) & Scheduled) != 0;
    internal int SuspendCount => Volatile.Read(ref _status) / SuspendUnit;
    private bool ShouldProcessMessages => (Volatile.Read(ref _status) & ShouldNotProcessMask) == 0;

    internal void Enqueue(IActorRef receiver, in Envelope envelope) => MessageQueue.Enqueue(receiver, envelope);

    /// <summary>Suspends once more; false when the mailbox is closed.</summary>
    internal bool Suspend()
    {
        while (true)
        {
            var s = Volatile.Read(ref _status);
            if (s == Closed) return false;
            if (Interlocked.CompareExchange(ref _status, s + SuspendUnit, s) == s) return s < SuspendUnit;
        }
    }

    /// <summary>Takes back one suspension; true when none is left.</summary>
    internal bool Resume()
    {
        while (true)
        {
            var s = Volatile.Read(ref _status);
            if (s == Closed) return false;
            var next = s < SuspendUnit ? s : s - SuspendUnit;
            if (Interlocked.CompareExchange(ref _status, next, s) == s) return next < SuspendUnit;
        }
    }

    internal bool BecomeClosed() => Interlocked.Exchange(ref _status, Closed) != Closed;

    internal bool SetAsScheduled()
    {
        while (true)
        {
            var s = Volatile.Read(ref _status);
            if ((s & (Closed | Scheduled)) != 0) return false;
            if (Interlocked.CompareExchange(ref _status, s | Scheduled, s) == s) return true;
        }
    }

    private void SetAsIdle()
    {
        while (true)
        {
            var s = Volatile.Read(ref _status);
            if (Interlocked.CompareExchange(ref _status, s & ~Scheduled, s) == s) return;
        }
    }

    internal bool CanBeScheduledForExecution(bool hasMessageHint, bool hasSystemMessageHint) => Volatile.Read(ref _status) switch
    {
        0 or Scheduled => hasMessageHint || hasSystemMessageHint || HasSystemMessages || HasMessages,
        Closed => false,
        _ => hasSystemMessageHint || HasSystemMessages,
    };

    public void Execute() => Run();

    public void Run()
    {
        var previous = InternalCurrentActorCellKeeper.Current;
        try
        {
            if (IsClosed) return;
            InternalCurrentActorCellKeeper.Current = _actor;
            ProcessAllSystemMessages();
            ProcessMailbox();
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = previous;
            SetAsIdle();
            Dispatcher.RegisterForExecution(this, false, false);
        }
    }

    private void ProcessMailbox()
    {
        var dispatcher = Dispatcher;
        var left = Math.Max(dispatcher.Throughput, 1);
        var deadline = dispatcher.ThroughputDeadlineTime is > 0 and { } ticks ? Stopwatch.GetTimestamp() + TicksToTimestamp(ticks) : 0L;
        while (ShouldProcessMessages && MessageQueue.TryDequeue(out var next))
        {
            _actor.Invoke(next);
            ProcessAllSystemMessages();
            if (--left <= 0 || (deadline != 0 && Stopwatch.GetTimestamp() >= deadline)) return;
        }
    }

    private static long TicksToTimestamp(long ticks) => (long)(ticks * (Stopwatch.Frequency / (double)TimeSpan.TicksPerSecond));

    internal bool HasSystemMessages => Volatile.Read(ref _systemQueue) is not null and not NoMessage;

    internal virtual void SystemEnqueue(IActorRef receiver, SystemMessage message)
    {
        while (true)
        {
            var head = Volatile.Read(ref _systemQueue);
            if (head is NoMessage)
            {
                _actor?.SystemImpl.Mailboxes.DeadLetterMailbox.SystemEnqueue(receiver, message);
                return;
            }
            message.Next = head;
            if (Interlocked.CompareExchange(ref _systemQueue, message, head) == head) return;
        }
    }

    /// <summary>Takes all system messages, oldest first, as a chain; with <paramref name="close"/> none can follow.</summary>
    internal SystemMessage SystemDrain(bool close)
    {
        SystemMessage newest;
        do
        {
            newest = Volatile.Read(ref _systemQueue);
            if (newest is NoMessage || (newest is null && !close)) return null;
        }
        while (Interlocked.CompareExchange(ref _systemQueue, close ? NoMessage.Instance : null, newest) != newest);
        return Reverse(newest);
    }

    private static SystemMessage Reverse(SystemMessage chain)
    {
        SystemMessage reversed = null;
        while (chain is not null) (chain.Next, reversed, chain) = (reversed, chain, chain.Next);
        return reversed;
    }

    private void ProcessAllSystemMessages()
    {
        if (!HasSystemMessages) return;
        var list = SystemDrain(false);
        while (list is not null && !IsClosed)
        {
            var message = list;
            list = list.Next;
            message.Next = null;
            _actor.SystemInvoke(message);
            if (list is null && !IsClosed) list = SystemDrain(false);
        }
        // The actor stopped in between: what is left belongs to dead letters.
        for (; list is not null;)
        {
            var message = list;
            list = list.Next;
            message.Next = null;
            _actor.SystemImpl.Mailboxes.DeadLetterMailbox.SystemEnqueue(_actor.Self, message);
        }
    }

    /// <summary>Moves what is left to dead letters; the mailbox is closed by then.</summary>
    internal virtual void CleanUp()
    {
        var deadLetters = _actor.SystemImpl.Mailboxes.DeadLetterMailbox;
        for (var list = SystemDrain(true); list is not null;)
        {
            var message = list;
            list = list.Next;
            message.Next = null;
            deadLetters.SystemEnqueue(_actor.Self, message);
        }
        MessageQueue.CleanUp(_actor.Self, deadLetters.MessageQueue);
    }

}
