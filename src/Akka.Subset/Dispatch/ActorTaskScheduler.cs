#nullable disable
using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>Runs the steps of an actor's asynchronous handler in the actor's own turn; its other messages wait until the handler is done.</summary>
public class ActorTaskScheduler : TaskScheduler
{
    private readonly ActorCell _cell;

    internal ActorTaskScheduler(ActorCell cell) => _cell = cell;

    public object CurrentMessage { get; private set; }
    public override int MaximumConcurrencyLevel => 1;
    protected override IEnumerable<Task> GetScheduledTasks() => null;

    protected override void QueueTask(Task task)
    {
        if (ReferenceEquals(ActorCell.Current, _cell) && (task.CreationOptions & TaskCreationOptions.LongRunning) == 0) TryExecuteTask(task);
        else _cell.SendSystemMessage(new ActorTaskSchedulerMessage(this, task, CurrentMessage));
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(ActorCell.Current, _cell) && TryExecuteTask(task);

    internal void ExecuteTask(Task task) => TryExecuteTask(task);

    protected virtual void OnBeforeTaskStarted() { }
    protected virtual void OnAfterTaskCompleted() { }

    public static void RunTask(Action action) => RunTask(() =>
    {
        action();
        return Task.CompletedTask;
    });

    /// <summary>Suspends the running actor's mailbox, system messages apart, until the task is done; a failure fails the actor.</summary>
    public static void RunTask(Func<Task> asyncAction)
    {
        var cell = ActorCell.Current ?? throw new InvalidOperationException("RunTask must be called from an actor context.");
        var mailbox = cell.Mailbox;
        var scheduler = cell.TaskScheduler;
        mailbox.Suspend();
        scheduler.CurrentMessage = cell.CurrentMessage;
        scheduler.OnBeforeTaskStarted();
        Task.Factory.StartNew(asyncAction, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap().ContinueWith(done =>
        {
            if (Failure(done) is { } failure)
                ((IInternalActorRef)cell.Self).SendSystemMessage(new ActorTaskSchedulerMessage(failure, scheduler.CurrentMessage));
            else
                cell.CheckReceiveTimeout();
            scheduler.CurrentMessage = null;
            scheduler.OnAfterTaskCompleted();
            mailbox.Resume();
            cell.Dispatcher.RegisterForExecution(mailbox, false, false);
        }, scheduler);
    }

    private static Exception Failure(Task task) => task switch
    {
        { IsFaulted: true } => task.Exception is { InnerExceptions.Count: 1 } one ? one.InnerException : task.Exception,
        { IsCanceled: true } => new TaskCanceledException(task),
        _ => null,
    };
}
