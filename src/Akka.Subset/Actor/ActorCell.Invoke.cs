#nullable disable
using Akka.Dispatch.SysMsg;
using Akka.Event;
using SysMsg = Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public partial class ActorCell
{
    private SystemMessage _stashedSystemMessages; // newest first

    /// <summary>Handles one message of the mailbox.</summary>
    public void Invoke(Envelope envelope)
    {
        var message = envelope.Message;
        var influencesTimeout = message is not INotInfluenceReceiveTimeout;
        CurrentMessage = message;
        CurrentEnvelopeId++;
        Sender = envelope.Sender;
        try
        {
            if (influencesTimeout) CancelReceiveTimeout();
            if (message is IAutoReceivedMessage) AutoReceiveMessage(envelope);
            else ReceiveMessage(message);
            CurrentMessage = null;
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
        finally
        {
            if (_receiveTimeout is not null) CheckReceiveTimeout(influencesTimeout);
        }
    }

    protected virtual void ReceiveMessage(object message) => _actor.AroundReceive(_behavior, message);

    /// <summary>For TestKit: handles a message on the caller's thread, failures thrown.</summary>
    internal void ReceiveMessageForTest(Envelope envelope)
    {
        var (message, sender) = (CurrentMessage, Sender);
        (CurrentMessage, Sender) = (envelope.Message, envelope.Sender ?? System.DeadLetters);
        try
        {
            UseThreadContext(() => ReceiveMessage(envelope.Message));
        }
        finally
        {
            (CurrentMessage, Sender) = (message, sender);
        }
    }

    protected internal virtual void AutoReceiveMessage(Envelope envelope)
    {
        switch (envelope.Message)
        {
            case Terminated terminated:
                ReceivedTerminated(terminated);
                break;
            case AddressTerminated addressTerminated:
                AddressTerminated(addressTerminated.Address);
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            case PoisonPill:
                _self.Stop();
                break;
            case ActorSelectionMessage selection:
                ActorRefFactoryShared.Deliver(_self, envelope.Sender, selection);
                break;
            case Identify identify:
                envelope.Sender.Tell(new ActorIdentity(identify.MessageId, _self), _self);
                break;
        }
    }

    /// <summary>Handles one system message. Some wait while the cell is suspended or waits for children.</summary>
    internal void SystemInvoke(SystemMessage message)
    {
        var state = SystemState();
        var todo = message;
        while (todo is not null)
        {
            var next = todo.Next;
            todo.Next = null;
            if (MustWait(todo, state))
            {
                todo.Next = _stashedSystemMessages;
                _stashedSystemMessages = todo;
            }
            else
            {
                try
                {
                    HandleSystemMessage(todo);
                }
                catch (Exception e)
                {
                    HandleInvokeFailure(e);
                }
            }
            var now = SystemState();
            if (now < state)
            {
                // Fewer kinds have to wait now: what was put aside comes first.
                var unstashed = next;
                for (var m = _stashedSystemMessages; m is not null;)
                {
                    var older = m.Next;
                    m.Next = unstashed;
                    unstashed = m;
                    m = older;
                }
                _stashedSystemMessages = null;
                next = unstashed;
            }
            state = now;
            todo = IsTerminated ? null : next;
        }
    }

    private int SystemState() => IsWaitingForChildren ? 2 : Mailbox.IsSuspended ? 1 : 0;

    private static bool MustWait(SystemMessage message, int state) => state switch
    {
        0 => false,
        1 => message is Failed,
        _ => message is Failed or Recreate or SysMsg.Suspend or SysMsg.Resume,
    };

    private void HandleSystemMessage(SystemMessage message)
    {
        switch (message)
        {
            case ActorTaskSchedulerMessage step:
                HandleTaskStep(step);
                break;
            case Failed failed:
                HandleFailed(failed);
                break;
            case DeathWatchNotification n:
                WatchedActorTerminated(n.Actor, n.ExistenceConfirmed, n.AddressTerminated);
                break;
            case Create create:
                Create(create.Failure);
                break;
            case Watch watch:
                AddWatcher(watch.Watchee, watch.Watcher);
                break;
            case Unwatch unwatch:
                RemWatcher(unwatch.Watchee, unwatch.Watcher);
                break;
            case Recreate recreate:
                FaultRecreate(recreate.Cause);
                break;
            case SysMsg.Suspend:
                FaultSuspend();
                break;
            case SysMsg.Resume resume:
                FaultResume(resume.CausedByFailure);
                break;
            case SysMsg.Terminate:
                Terminate();
                break;
            case Supervise supervise:
                Supervise(supervise.Child);
                break;
            default:
                throw new NotSupportedException($"Unknown system message {message.GetType().Name}");
        }
    }

    private void HandleTaskStep(ActorTaskSchedulerMessage step)
    {
        if (step.Exception is { } exception)
        {
            CurrentMessage = step.Message;
            HandleInvokeFailure(exception);
            return;
        }
        CurrentMessage = step.Message;
        step.ExecuteTask();
        CheckReceiveTimeout();
        CurrentMessage = null;
    }

    private void Supervise(IActorRef child)
    {
        if (IsTerminating) return;
        if (InitChild((IInternalActorRef)child) is null)
            SystemImpl.EventStream.Publish(new Error(null, _self.Path.ToString(), typeof(ActorCell), $"Received Supervise from unregistered child {child}, this will not end well"));
    }

    // Receive timeout

    private TimeSpan? _receiveTimeout;
    private ICancelable _pendingReceiveTimeout;

    public TimeSpan? ReceiveTimeout => _receiveTimeout;

    public void SetReceiveTimeout(TimeSpan? timeout = null) => _receiveTimeout = timeout is { } t && t > TimeSpan.Zero ? t : null;

    internal void CheckReceiveTimeout(bool reschedule = true)
    {
        if (_receiveTimeout is { } timeout && !Mailbox.HasMessages)
        {
            if (!reschedule && _pendingReceiveTimeout is { IsCancellationRequested: false }) return;
            CancelReceiveTimeout();
            _pendingReceiveTimeout = System.Scheduler.ScheduleTellOnceCancelable(timeout, _self, TimeoutMessage, _self);
        }
        else if (_receiveTimeout is null)
            CancelReceiveTimeout();
    }

    private static readonly object TimeoutMessage = Akka.Actor.ReceiveTimeout.Instance;

    private void CancelReceiveTimeout()
    {
        _pendingReceiveTimeout?.Cancel();
        _pendingReceiveTimeout = null;
    }
}
