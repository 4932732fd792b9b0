using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace AkkaPaxos.TestKit.Simulation;

/// <summary>A node's scheduler: the driver's virtual time, seen through the node's own clock.</summary>
internal sealed class SimulatedScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    private readonly SimulatedSystem _system = SimulatedSystem.Creating;

    protected override DateTimeOffset TimeNow => _system.Life?.Node.Clock ?? SimulatedWorld.Epoch;

    public override TimeSpan MonotonicClock => _system.Life is { } life ? life.Driver.Now / life.Node.TimerRate : TimeSpan.Zero;

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        AddTell(delay, null, receiver, message, sender, cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        AddTell(initialDelay, interval, receiver, message, sender, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Add(delay, null, null, null, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Add(delay, null, null, null, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(initialDelay, interval, null, null, action, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(initialDelay, interval, null, null, action.Run, cancelable);

    private void AddTell(TimeSpan delay, TimeSpan? interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(delay, interval, message, receiver, () => receiver.Tell(message, sender), cancelable);

    private void Add(TimeSpan delay, TimeSpan? interval, object? message, ICanTell? receiver, Action action, ICancelable? cancelable)
    {
        if (_system.Life is not { IsAlive: true } life) return;
        var rate = life.Node.TimerRate;
        VirtualTimer timer = null!;
        Func<bool>? cancelled = cancelable is null ? null : () => cancelable.IsCancellationRequested;
        timer = life.Driver.Schedule(life, delay * rate, interval * rate, message, receiver, Due, cancelled);

        void Due()
        {
            life.Node.TimerFired(timer);
            try
            {
                action();
            }
            catch (Exception e)
            {
                life.Node.Failed("scheduler", e); // Akka.NET's scheduler logs it and goes on
            }
        }
    }
}
