using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

public abstract partial class Eventsourced
{
    private enum Phase
    {
        /// <summary>Too many other actors recover; commands are stashed.</summary>
        WaitingForPermit,

        /// <summary>Waits for the snapshot store; commands are stashed.</summary>
        LoadingSnapshot,

        /// <summary>Takes events from the journal; commands are stashed.</summary>
        Replaying,

        ProcessingCommands,

        /// <summary>Events of Persist are being written; commands are stashed until their handlers have run.</summary>
        PersistingEvents,
    }

    private Phase _phase = Phase.WaitingForPermit;
    private Recovery _recovery = Recovery.Default;
    private TimeSpan _recoveryTimeout;
    private ICancelable? _recoveryTimer;
    private Receive? _receiveRecover;
    private bool _eventSeen;

    protected internal override void AroundPreStart()
    {
        // A plugin that is missing in the configuration fails the start, and not the first event.
        _ = Journal;
        _ = SnapshotStore;
        RequestPermit();
        base.AroundPreStart();
    }

    protected internal override void AroundPostRestart(Exception cause, object message)
    {
        RequestPermit();
        base.AroundPostRestart(cause, message);
    }

    protected internal override void AroundPreRestart(Exception cause, object message)
    {
        try
        {
            _recoveryTimer?.Cancel();
            _internalStash.UnstashAll();
            Stash.UnstashAll(UnstashFilterPredicate);
        }
        finally
        {
            // What was persisted before the failure is still to be written: its command may have been told of it.
            FlushJournalBatch();
            base.AroundPreRestart(cause, message switch
            {
                WriteMessageSuccess m => m.Persistent,
                LoopMessageSuccess m => m.Message,
                ReplayedMessage m => m.Persistent,
                _ => message,
            });
        }
    }

    protected internal override void AroundPostStop()
    {
        try
        {
            _recoveryTimer?.Cancel();
            _internalStash.UnstashAll();
            Stash.UnstashAll(UnstashFilterPredicate);
        }
        finally
        {
            base.AroundPostStop();
        }
    }

    protected override void Unhandled(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                // An actor need not care about it.
                break;
            case SaveSnapshotFailure m:
                Log.Warning("Failed to SaveSnapshot given metadata [{0}] due to: [{1}: {2}]", m.Metadata, m.Cause, m.Cause.Message);
                break;
            case DeleteMessagesFailure m:
                Log.Warning("Failed to DeleteMessages toSequenceNr [{0}] for persistenceId [{1}] due to: [{2}: {3}]",
                    m.ToSequenceNr, PersistenceId, m.Cause, m.Cause.Message);
                break;
            case DeleteSnapshotFailure m:
                Log.Warning("Failed to DeleteSnapshot given metadata [{0}] due to: [{1}: {2}]", m.Metadata, m.Cause, m.Cause.Message);
                break;
            case DeleteSnapshotsFailure m:
                Log.Warning("Failed to DeleteSnapshots given criteria [{0}] due to: [{1}: {2}]", m.Criteria, m.Cause, m.Cause.Message);
                break;
            default:
                base.Unhandled(message);
                break;
        }
    }

    protected internal override bool AroundReceive(Receive receive, object message)
    {
        switch (_phase)
        {
            case Phase.WaitingForPermit:
                if (message is RecoveryPermitGranted) StartRecovery();
                else StashInternally(message);
                break;
            case Phase.LoadingSnapshot:
                ReturnPermitIfThrows(message, OnSnapshotPhase);
                break;
            case Phase.Replaying:
                ReturnPermitIfThrows(message, OnReplayPhase);
                break;
            case Phase.ProcessingCommands:
                if (!HandleJournalResponse(message)) ProcessCommand(receive, message);
                break;
            case Phase.PersistingEvents:
                if (!HandleJournalResponse(message)) StashInternally(message);
                break;
        }
        return true;
    }

    private void RequestPermit() => Extension.RecoveryPermitter.Tell(RequestRecoveryPermit.Instance, Self);

    private void ReturnPermit() => Extension.RecoveryPermitter.Tell(Akka.Persistence.ReturnRecoveryPermit.Instance, Self);

    private void ReturnPermitIfThrows(object message, Action<object> handle)
    {
        try
        {
            handle(message);
        }
        catch
        {
            ReturnPermit();
            throw;
        }
    }

    private void StartRecovery()
    {
        _recovery = Recovery;
        _phase = Phase.LoadingSnapshot;
        // The journal's limit also holds for the snapshot: it protects against a plugin that never answers.
        _recoveryTimeout = Extension.JournalConfigFor(JournalPluginId).GetTimeSpan("recovery-event-timeout", null, false);
        _recoveryTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(_recoveryTimeout, Self, new RecoveryTick(true), Self);
        LoadSnapshot(SnapshotterId, _recovery.FromSnapshot, _recovery.ToSequenceNr);
    }

    private void OnSnapshotPhase(object message)
    {
        switch (message)
        {
            case LoadSnapshotResult result:
                _recoveryTimer!.Cancel();
                if (result.Snapshot != null && !OfferSnapshot(result.Snapshot)) return;
                _phase = Phase.Replaying;
                _eventSeen = false;
                _recoveryTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
                    _recoveryTimeout, _recoveryTimeout, Self, new RecoveryTick(false), Self);
                Journal.Tell(new ReplayMessages(LastSequenceNr + 1, result.ToSequenceNr, _recovery.ReplayMax, PersistenceId, Self), Self);
                break;
            case LoadSnapshotFailed failed:
                FailRecovery(failed.Cause);
                break;
            case RecoveryTick { Snapshot: true }:
                FailRecovery(new RecoveryTimedOutException(
                    $"Recovery timed out, didn't get snapshot within {_recoveryTimeout.TotalSeconds}s."));
                break;
            case RecoveryTick:
                break;
            default:
                StashInternally(message);
                break;
        }
    }

    private bool OfferSnapshot(SelectedSnapshot snapshot)
    {
        var offer = new SnapshotOffer(snapshot.Metadata, snapshot.Snapshot);
        var before = LastSequenceNr;
        LastSequenceNr = snapshot.Metadata.SequenceNr;
        try
        {
            if (!base.AroundReceive(_receiveRecover ??= ReceiveRecover, offer))
            {
                // Not taken: all events are replayed instead.
                LastSequenceNr = before;
                base.Unhandled(offer);
            }
            return true;
        }
        catch (Exception e)
        {
            FailRecovery(e);
            return false;
        }
    }

    private void OnReplayPhase(object message)
    {
        switch (message)
        {
            case ReplayedMessage replayed:
                _eventSeen = true;
                try
                {
                    UpdateLastSequenceNr(replayed.Persistent);
                    base.AroundReceive(_receiveRecover ??= ReceiveRecover, replayed.Persistent.Payload);
                }
                catch (Exception e)
                {
                    FailRecovery(e, replayed.Persistent.Payload);
                }
                break;
            case RecoverySuccess success:
                _recoveryTimer!.Cancel();
                OnReplaySuccess();
                _sequenceNr = success.HighestSequenceNr;
                LastSequenceNr = success.HighestSequenceNr;
                _phase = Phase.ProcessingCommands;
                try
                {
                    base.AroundReceive(_receiveRecover ??= ReceiveRecover, RecoveryCompleted.Instance);
                }
                finally
                {
                    // Also when the handler threw: the supervisor may resume the actor.
                    FlushBatch();
                    SetProcessingPhase();
                    if (_phase == Phase.ProcessingCommands) _internalStash.UnstashAll();
                }
                ReturnPermit();
                break;
            case ReplayMessagesFailure failure:
                FailRecovery(failure.Cause);
                break;
            case RecoveryTick { Snapshot: false } when !_eventSeen:
                FailRecovery(new RecoveryTimedOutException(
                    $"Recovery timed out, didn't get event within {_recoveryTimeout.TotalSeconds}s, " +
                    $"highest sequence number seen {LastSequenceNr}."));
                break;
            case RecoveryTick:
                _eventSeen = false;
                break;
            default:
                StashInternally(message);
                break;
        }
    }

    private void FailRecovery(Exception cause, object? message = null)
    {
        _recoveryTimer!.Cancel();
        try
        {
            OnRecoveryFailure(cause, message);
        }
        finally
        {
            Context.Stop(Self);
        }
        ReturnPermit();
    }

    private void UpdateLastSequenceNr(IPersistentRepresentation persistent)
    {
        if (persistent.SequenceNr > LastSequenceNr) LastSequenceNr = persistent.SequenceNr;
    }

    private void ProcessCommand(Receive receive, object message)
    {
        var failed = true;
        try
        {
            base.AroundReceive(receive, message);
            failed = false;
        }
        finally
        {
            FlushBatch();
            SetProcessingPhase();
            if (_phase == Phase.ProcessingCommands) UnstashInternally(failed);
        }
    }

    private void SetProcessingPhase() =>
        _phase = _pendingStashingPersistInvocations > 0 ? Phase.PersistingEvents : Phase.ProcessingCommands;

    /// <summary>Handles the journal's answers to this instance. Those to an earlier instance, from before a restart, are dropped.</summary>
    private bool HandleJournalResponse(object message)
    {
        switch (message)
        {
            case WriteMessageSuccess m:
                if (m.ActorInstanceId != _instanceId) break;
                UpdateLastSequenceNr(m.Persistent);
                RunHandler(m.Persistent.Payload);
                break;
            case LoopMessageSuccess m:
                if (m.ActorInstanceId != _instanceId) break;
                RunHandler(m.Message);
                break;
            case WriteMessageRejected m:
                if (m.ActorInstanceId != _instanceId) break;
                UpdateLastSequenceNr(m.Persistent);
                CompleteInvocation(false);
                OnPersistRejected(m.Cause, m.Persistent.Payload, m.Persistent.SequenceNr);
                break;
            case WriteMessageFailure m:
                if (m.ActorInstanceId != _instanceId) break;
                CompleteInvocation(false);
                try
                {
                    OnPersistFailure(m.Cause, m.Persistent.Payload, m.Persistent.SequenceNr);
                }
                finally
                {
                    Context.Stop(Self);
                }
                break;
            case WriteMessagesSuccessful:
                _isWriteInProgress = false;
                FlushJournalBatch();
                break;
            case WriteMessagesFailed m:
                // With a count above zero a WriteMessageFailure follows, which stops the actor.
                if (m.WriteCount == 0) _isWriteInProgress = false;
                break;
            case RecoveryTick:
                // Was in the mailbox before its timer was cancelled.
                break;
            default:
                return false;
        }
        return true;
    }

    private void RunHandler(object payload)
    {
        var failed = true;
        try
        {
            _pendingInvocations.Peek().Handler(payload);
            failed = false;
        }
        finally
        {
            FlushBatch();
            CompleteInvocation(failed);
        }
    }

    private void CompleteInvocation(bool failed)
    {
        if (_pendingInvocations.Dequeue() is StashingHandlerInvocation) _pendingStashingPersistInvocations--;
        SetProcessingPhase();
        if (_phase == Phase.ProcessingCommands) UnstashInternally(failed);
    }
}
