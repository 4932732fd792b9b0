#nullable disable
using Akka.Event;

namespace Akka.Actor
{
    public interface IWithTimers
    {
        ITimerScheduler Timers { get; set; }
    }

    /// <summary>Timers by key, bound to one incarnation of an actor. A new timer of a key replaces the old one.</summary>
    public interface ITimerScheduler
    {
        void StartPeriodicTimer(object key, object msg, TimeSpan interval);
        void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender);
        void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);
        void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender);
        void StartSingleTimer(object key, object msg, TimeSpan timeout);
        void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender);
        bool IsTimerActive(object key);
        void Cancel(object key);
        void CancelAll();
        IReadOnlyCollection<object> ActiveTimers { get; }
    }
}

namespace Akka.Actor.Scheduler
{
    internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
    {
        /// <summary>What the scheduler sends; the actor sees the message in it only while this very timer is active.</summary>
        internal interface ITimerMsg
        {
            object Key { get; }
            int Generation { get; }
            TimerScheduler Owner { get; }
        }

        internal sealed record TimerMsg(object Key, int Generation, TimerScheduler Owner) : ITimerMsg, INoSerializationVerificationNeeded, IDeadLetterSuppression;

        internal sealed record QuietTimerMsg(object Key, int Generation, TimerScheduler Owner)
            : ITimerMsg, INotInfluenceReceiveTimeout, INoSerializationVerificationNeeded, IDeadLetterSuppression;

        private sealed record ActiveTimer(object Message, bool Repeat, int Generation, ICancelable Task);

        private readonly Dictionary<object, ActiveTimer> _timers = [];
        private int _generation;

        public IReadOnlyCollection<object> ActiveTimers => _timers.Keys;
        public bool IsTimerActive(object key) => _timers.ContainsKey(key);
        public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval, cell.Self);
        public void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender) => Start(key, msg, interval, interval, sender);
        public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) => Start(key, msg, initialDelay, interval, cell.Self);

        public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender) =>
            Start(key, msg, initialDelay, interval, sender);

        public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, null, cell.Self);
        public void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender) => Start(key, msg, timeout, null, sender);

        public void Cancel(object key)
        {
            if (_timers.Remove(key, out var timer)) timer.Task.Cancel();
        }

        public void CancelAll()
        {
            foreach (var timer in _timers.Values) timer.Task.Cancel();
            _timers.Clear();
        }

        private void Start(object key, object msg, TimeSpan delay, TimeSpan? interval, IActorRef sender)
        {
            Cancel(key);
            var generation = ++_generation;
            object scheduled = msg is INotInfluenceReceiveTimeout ? new QuietTimerMsg(key, generation, this) : new TimerMsg(key, generation, this);
            var scheduler = cell.System.Scheduler;
            var task = interval is { } every
                ? scheduler.ScheduleTellRepeatedlyCancelable(delay, every, cell.Self, scheduled, sender)
                : scheduler.ScheduleTellOnceCancelable(delay, cell.Self, scheduled, sender);
            _timers[key] = new ActiveTimer(msg, interval is not null, generation, task);
        }

        /// <summary>The message of a timer that is due; false when that timer was cancelled, replaced, or is an earlier incarnation's.</summary>
        internal bool Intercept(ITimerMsg due, out object message)
        {
            message = null;
            if (!ReferenceEquals(due.Owner, this) || !_timers.TryGetValue(due.Key, out var timer) || timer.Generation != due.Generation) return false;
            if (!timer.Repeat) _timers.Remove(due.Key);
            message = timer.Message;
            return true;
        }
    }
}
