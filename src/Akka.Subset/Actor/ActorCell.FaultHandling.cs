#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    // The child, or this actor itself, whose failure suspended this cell.
    private IActorRef _failedPerpetrator;

    private bool IsFailed => _failedPerpetrator is not null;

    public void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));
    public void Resume(Exception causedByFailure) => SendSystemMessage(new Resume(causedByFailure));
    public void Suspend() => SendSystemMessage(new Suspend());
    public void Stop() => SendSystemMessage(new Terminate());

    private void SuspendNonRecursive() => Mailbox.Suspend();
    private void ResumeNonRecursive() => Mailbox.Resume();

    private void Create(ActorInitializationException failure)
    {
        try
        {
            if (failure is not null) throw failure;
            _actor = NewActor();
            UseThreadContextNow(static cell => cell._actor.AroundPreStart());
            CheckReceiveTimeout();
            if (SystemImpl.Settings.DebugLifecycle) Debug($"Started ({_actor.GetType()})");
        }
        catch (Exception e)
        {
            if (_actor is not null)
            {
                ClearActor(_actor);
                _actor = null; // makes sure that PostStop is not called for it
            }
            if (e is ActorInitializationException) throw;
            var cause = e is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e;
            throw new ActorInitializationException(_self, "Exception during creation", cause);
        }
    }

    private void UseThreadContextNow(Action<ActorCell> action)
    {
        var previous = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = this;
        try
        {
            action(this);
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = previous;
        }
    }

    private void FaultRecreate(Exception cause)
    {
        if (_actor is null)
        {
            FaultCreate(); // it never came to life, so there is nothing to restart
            return;
        }
        if (!IsNormal)
        {
            FaultResume(null); // a restart is under way already; this keeps the suspensions balanced
            return;
        }
        var failed = _actor;
        var optionalMessage = CurrentMessage;
        if (!ActorHasBeenCleared)
        {
            try
            {
                failed.AroundPreRestart(cause, optionalMessage);
            }
            catch (Exception e)
            {
                LogError(new PreRestartException(_self, e, cause, optionalMessage), e.Message);
            }
            finally
            {
                LeaveActor(failed);
                ClearActor(failed);
            }
        }
        CurrentMessage = null;
        if (!SetChildrenTerminationReason(new SuspendReason.Recreation(cause))) FinishRecreate(cause);
    }

    private void FinishRecreate(Exception cause)
    {
        var survivors = ChildStats();
        try
        {
            try
            {
                ResumeNonRecursive();
            }
            finally
            {
                _failedPerpetrator = null; // so that the next failure is told to the supervisor in any case
            }
            var fresh = NewActor();
            _actor = fresh;
            fresh.AroundPostRestart(cause, null);
            CheckReceiveTimeout();
            if (SystemImpl.Settings.DebugLifecycle) Debug($"Restarted ({fresh.GetType()})");
            foreach (var child in survivors) child.Child.Restart(cause);
        }
        catch (Exception e)
        {
            if (_actor is not null && !ActorHasBeenCleared) ClearActor(_actor);
            HandleInvokeFailure(new PostRestartException(_self, e, cause), survivors);
        }
    }

    private void FaultSuspend()
    {
        SuspendNonRecursive();
        SuspendChildren();
    }

    private void FaultResume(Exception causedByFailure)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }
        if (ActorHasBeenCleared && causedByFailure is not null)
        {
            // It failed in its restart: there is no instance left that could go on.
            FaultRecreate(causedByFailure);
            return;
        }
        var perpetrator = _failedPerpetrator;
        try
        {
            ResumeNonRecursive();
        }
        finally
        {
            if (causedByFailure is not null) _failedPerpetrator = null;
        }
        ResumeChildren(causedByFailure, perpetrator);
    }

    /// <summary>Makes the actor again after its constructor or PreStart has failed.</summary>
    private void FaultCreate()
    {
        CancelReceiveTimeout();
        foreach (var child in GetChildren()) Stop(child);
        if (!SetChildrenTerminationReason(new SuspendReason.Creation())) FinishCreate();
    }

    private void FinishCreate()
    {
        try
        {
            ResumeNonRecursive();
        }
        finally
        {
            _failedPerpetrator = null;
        }
        try
        {
            Create(null);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
    }

    private void Terminate()
    {
        SetReceiveTimeout();
        CancelReceiveTimeout();
        UnwatchWatchedActors(_actor);
        foreach (var child in GetChildren()) Stop(child);
        var wasTerminating = IsTerminating;
        if (SetChildrenTerminationReason(SuspendReason.Termination.Instance))
        {
            if (wasTerminating) return;
            // No more messages while the children stop, and no failures told to the supervisor.
            SuspendNonRecursive();
            _failedPerpetrator = _self;
        }
        else
        {
            SetTerminated();
            FinishTerminate();
        }
    }

    private void FinishTerminate()
    {
        var actor = _actor;
        try
        {
            if (actor is not null && !ActorHasBeenCleared) actor.AroundPostStop();
        }
        catch (Exception e)
        {
            LogError(e, e.Message);
        }
        finally
        {
            if (actor is not null && !ActorHasBeenCleared) LeaveActor(actor);
            Dispatcher.Detach(this);
            Parent.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true, addressTerminated: false));
            TellWatchersWeDied();
            UnwatchWatchedActors(actor);
            if (SystemImpl.Settings.DebugLifecycle) Debug("Stopped");
            if (actor is not null && !ActorHasBeenCleared) ClearActor(actor);
            SetTerminated();
            _actor = null;
            CurrentMessage = null;
        }
    }

    /// <summary>What belongs to an instance ends with it: its timers; and its stash goes back to the mailbox.</summary>
    private void LeaveActor(ActorBase actor)
    {
        if (actor is IWithTimers { Timers: { } timers }) timers.CancelAll();
        if (actor is IActorStash { Stash: { } stash }) stash.UnstashAll();
    }

    private void ClearActor(ActorBase actor)
    {
        try
        {
            (actor as IDisposable)?.Dispose();
        }
        catch (Exception e)
        {
            LogError(e, $"An error occurred while disposing the actor: {e.Message}");
        }
        Props.Release(actor);
        actor.Clear(System.DeadLetters);
    }

    private void HandleInvokeFailure(Exception cause, ChildRestartStats[] childrenNotToSuspend = null)
    {
        // No further message until the supervisor has decided.
        if (IsFailed) return;
        try
        {
            SuspendNonRecursive();
            _failedPerpetrator = CurrentMessage is Failed failed ? failed.Child : _self;
            SuspendChildren(_failedPerpetrator, childrenNotToSuspend);
            Parent.SendSystemMessage(new Failed(_self, cause, _uid));
        }
        catch (Exception e)
        {
            LogError(e, $"Emergency stop: exception in failure handling for {cause}");
            try
            {
                foreach (var child in GetChildren()) Stop(child);
            }
            finally
            {
                FinishTerminate();
            }
        }
    }

    private void HandleFailed(Failed failed)
    {
        var (message, sender) = (CurrentMessage, Sender);
        (CurrentMessage, Sender) = (failed, failed.Child);
        if (TryGetChildStatsByRef(failed.Child, out var stats) && stats.Uid == failed.Uid)
        {
            if (!_actor.SupervisorStrategyInternal.HandleFailure(this, failed.Child, failed.Cause, stats, ChildStats())) throw failed.Cause;
        }
        (CurrentMessage, Sender) = (message, sender);
    }

    private void HandleChildTerminated(IActorRef child)
    {
        var reason = RemoveChildAndGetStateChange(child);
        if (_actor is not null && !ActorHasBeenCleared)
        {
            try
            {
                _actor.SupervisorStrategyInternal.HandleChildTerminated(this, child, GetChildren());
            }
            catch (Exception e)
            {
                LogError(e, "HandleChildTerminated failed");
                HandleInvokeFailure(e);
            }
        }
        switch (reason)
        {
            case SuspendReason.Recreation recreation:
                FinishRecreate(recreation.Cause);
                break;
            case SuspendReason.Creation:
                FinishCreate();
                break;
            case SuspendReason.Termination:
                FinishTerminate();
                break;
        }
    }

    private void LogError(Exception e, string text) =>
        SystemImpl.EventStream.Publish(new Error(e, _self.Path.ToString(), _actor?.GetType() ?? typeof(ActorCell), text));

    private void Debug(string text) => SystemImpl.EventStream.Publish(new Debug(_self.Path.ToString(), _actor?.GetType() ?? typeof(ActorCell), text));
}
