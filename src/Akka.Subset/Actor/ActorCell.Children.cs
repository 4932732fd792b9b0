#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor
{
    namespace Internal
    {
        internal interface IChildStats { }

        /// <summary>Stands in the children's place of a name that is taken, while its actor is being made.</summary>
        internal sealed class ChildNameReserved : IChildStats
        {
            public static ChildNameReserved Instance { get; } = new();
        }

        /// <summary>A child and how often it was restarted lately.</summary>
        public class ChildRestartStats : IChildStats
        {
            private uint _retries;
            private long _windowStart;

            public ChildRestartStats(IInternalActorRef child, uint maxNrOfRetriesCount = 0, long restartTimeWindowStartTicks = 0)
            {
                Child = child;
                _retries = maxNrOfRetriesCount;
                _windowStart = restartTimeWindowStartTicks;
            }

            public IInternalActorRef Child { get; }
            public long Uid => Child.Path.Uid;
            public uint MaxNrOfRetriesCount => _retries;
            public long RestartTimeWindowStartTicks => _windowStart;

            /// <summary>Counts a failure; false when the child must stop. -1: no limit on the retries or the window.</summary>
            public bool RequestRestartPermission(int maxNrOfRetries, int withinTimeMilliseconds)
            {
                if (maxNrOfRetries == 0) return false;
                var retriesLimited = maxNrOfRetries > 0;
                var windowLimited = withinTimeMilliseconds > 0;
                if (!windowLimited)
                {
                    if (!retriesLimited) return true;
                    return ++_retries <= maxNrOfRetries;
                }
                var now = DateTime.UtcNow.Ticks;
                if (_windowStart == 0) _windowStart = now;
                if (now - _windowStart <= withinTimeMilliseconds * TimeSpan.TicksPerMillisecond)
                    return ++_retries <= (retriesLimited ? maxNrOfRetries : 1);
                _retries = 1;
                _windowStart = now;
                return true;
            }
        }

        /// <summary>Why a cell waits for children to stop.</summary>
        internal abstract class SuspendReason
        {
            public sealed class UserRequest : SuspendReason
            {
                public static UserRequest Instance { get; } = new();
            }

            public sealed class Recreation(Exception cause) : SuspendReason
            {
                public Exception Cause { get; } = cause;
            }

            public sealed class Creation : SuspendReason { }

            public sealed class Termination : SuspendReason
            {
                public static Termination Instance { get; } = new();
            }
        }
    }

    public partial class ActorCell
    {
        // Guards the fields below: top-level actors are made, and paths resolved, from any thread.
        private readonly object _childLock = new();
        private Dictionary<string, IChildStats> _children;
        private HashSet<IActorRef> _dying;
        private SuspendReason _terminationReason; // set while children are dying
        private bool _childrenClosed; // no child can be made any more
        private long _nextRandomName;

        private bool IsTerminating => _childrenClosed || _terminationReason is SuspendReason.Termination;
        private bool IsNormal => _terminationReason is null or SuspendReason.UserRequest && !_childrenClosed;
        private bool IsWaitingForChildren => _terminationReason is SuspendReason.Recreation or SuspendReason.Creation or SuspendReason.Termination;

        IEnumerable<IActorRef> IActorContext.GetChildren() => GetChildren();

        public IEnumerable<IInternalActorRef> GetChildren()
        {
            lock (_childLock)
            {
                if (_children is null || _children.Count == 0) return [];
                return [.. _children.Values.OfType<ChildRestartStats>().Select(c => c.Child)];
            }
        }

        private ChildRestartStats[] ChildStats()
        {
            lock (_childLock) return _children is null ? [] : [.. _children.Values.OfType<ChildRestartStats>()];
        }

        IActorRef IActorContext.Child(string name) => TryGetChild(name, out var child) ? child : ActorRefs.Nobody;
        public IInternalActorRef GetChildByName(string name) => TryGetChild(name, out var child) ? child : ActorRefs.Nobody;

        /// <summary>The child of that name (<c>name</c> or <c>name#uid</c>), or Nobody.</summary>
        public IInternalActorRef GetSingleChild(string name)
        {
            var (plain, uid) = SplitNameAndUid(name);
            return TryGetChild(plain, out var child) && (uid == UndefinedUid || uid == child.Path.Uid) ? child : ActorRefs.Nobody;
        }

        private bool TryGetChild(string name, out IInternalActorRef child)
        {
            lock (_childLock)
            {
                child = _children is not null && _children.TryGetValue(name, out var stats) && stats is ChildRestartStats c ? c.Child : null;
                return child is not null;
            }
        }

        private bool TryGetChildStatsByRef(IActorRef actor, out ChildRestartStats child)
        {
            lock (_childLock)
            {
                child = _children is not null && _children.TryGetValue(actor.Path.Name, out var stats) && stats is ChildRestartStats c && c.Child.Equals(actor) ? c : null;
                return child is not null;
            }
        }

        public virtual IActorRef AttachChild(Props props, bool isSystemService, string name = null)
        {
            if (name is null || (isSystemService && name.Length == 0)) name = RandomName();
            else CheckName(name);
            return MakeChild(props, name, isSystemService);
        }

        private string RandomName()
        {
            const string digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";
            var n = Interlocked.Increment(ref _nextRandomName) - 1;
            Span<char> text = stackalloc char[12];
            var length = 0;
            text[length++] = '$';
            do
            {
                text[length++] = digits[(int)(n & 63)];
                n >>= 6;
            }
            while (n != 0);
            return new string(text[..length]);
        }

        private void CheckName(string name)
        {
            if (name.Length == 0) throw new InvalidActorNameException("Actor name must not be empty.");
            if (!ActorPath.IsValidPathElement(name))
                throw new InvalidActorNameException($"Illegal actor name [{name}] (for path [{Self.Path}]). Actor paths MUST: not start with `$`, include only ASCII letters and can only contain these special characters: {ActorPath.ValidSymbols}.");
        }

        private IInternalActorRef MakeChild(Props props, string name, bool isSystemService)
        {
            ReserveChild(name);
            IInternalActorRef actor;
            try
            {
                var path = new ChildActorPath(Self.Path, name, NewUid());
                actor = SystemImpl.Provider.ActorOf(SystemImpl, props, _self, path, isSystemService, null, true, false);
            }
            catch
            {
                UnreserveChild(name);
                throw;
            }
            if (Mailbox is { } mailbox)
                for (var i = 0; i < mailbox.SuspendCount; i++) actor.Suspend();
            var adopted = InitChild(actor) is not null;
            actor.Start();
            // A top-level actor may be made while its guardian is stopping.
            if (!adopted || IsTerminating) Stop(actor);
            return actor;
        }

        public void ReserveChild(string name)
        {
            lock (_childLock)
            {
                if (IsTerminating)
                    throw new InvalidOperationException($"Cannot reserve actor name '{name}': {(_childrenClosed ? "already terminated" : "terminating")}");
                if (!(_children ??= new Dictionary<string, IChildStats>()).TryAdd(name, ChildNameReserved.Instance))
                    throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            }
        }

        protected void UnreserveChild(string name)
        {
            lock (_childLock)
                if (_children is not null && _children.TryGetValue(name, out var stats) && stats is ChildNameReserved) _children.Remove(name);
        }

        public ChildRestartStats InitChild(IInternalActorRef actor)
        {
            lock (_childLock)
            {
                _children ??= new Dictionary<string, IChildStats>();
                if (!_children.TryGetValue(actor.Path.Name, out var stats)) return null;
                if (stats is ChildRestartStats existing) return existing;
                var child = new ChildRestartStats(actor);
                _children[actor.Path.Name] = child;
                return child;
            }
        }

        public void Stop(IActorRef child)
        {
            lock (_childLock)
            {
                if (TryGetChildStatsByRef(child, out _))
                {
                    (_dying ??= []).Add(child);
                    _terminationReason ??= SuspendReason.UserRequest.Instance;
                }
            }
            ((IInternalActorRef)child).Stop();
        }

        /// <summary>Says why the cell waits for dying children; false when there are none to wait for.</summary>
        private bool SetChildrenTerminationReason(SuspendReason reason)
        {
            lock (_childLock)
            {
                if (_dying is not { Count: > 0 }) return false;
                _terminationReason = reason;
                return true;
            }
        }

        private void SetTerminated()
        {
            lock (_childLock)
            {
                _childrenClosed = true;
                _terminationReason = null;
                _children = null;
                _dying = null;
            }
        }

        /// <summary>Forgets a child; answers what the cell was waiting for if that was the last one it waited for.</summary>
        private SuspendReason RemoveChildAndGetStateChange(IActorRef child)
        {
            lock (_childLock)
            {
                if (_children is not null && _children.TryGetValue(child.Path.Name, out var stats) && stats is ChildRestartStats c && c.Child.Equals(child))
                    _children.Remove(child.Path.Name);
                if (_dying is null || !_dying.Remove(child) || _dying.Count > 0) return null;
                var reason = _terminationReason;
                _terminationReason = null;
                if (reason is SuspendReason.Termination) _childrenClosed = true;
                return reason;
            }
        }

        private void SuspendChildren(IActorRef except = null, ChildRestartStats[] exceptThese = null)
        {
            foreach (var child in ChildStats())
                if (!child.Child.Equals(except) && (exceptThese is null || !exceptThese.Contains(child))) child.Child.Suspend();
        }

        private void ResumeChildren(Exception causedByFailure, IActorRef perpetrator)
        {
            foreach (var child in ChildStats())
                child.Child.Resume(perpetrator is not null && child.Child.Equals(perpetrator) ? causedByFailure : null);
        }
    }
}
