#nullable disable
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor
{
    namespace Internal
    {
        /// <summary>The cell whose actor is running on this thread.</summary>
        internal static class InternalCurrentActorCellKeeper
        {
            [ThreadStatic] private static ActorCell _current;

            public static ActorCell Current
            {
                get => _current;
                set => _current = value;
            }
        }
    }

    /// <summary>All of an actor but its own code: mailbox, behaviors, children, watchers, life cycle.</summary>
    public partial class ActorCell : IUntypedActorContext, ICell
    {
        internal const int UndefinedUid = 0;

        private readonly IInternalActorRef _self;
        private readonly long _uid;
        private ActorBase _actor;
        private Mailbox _mailbox;
        private Receive _behavior;
        private Stack<Receive> _behaviors;
        private ActorTaskScheduler _taskScheduler;

        public ActorCell(ActorSystemImpl system, IInternalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef parent)
        {
            SystemImpl = system;
            _self = self;
            _uid = self.Path.Uid;
            Props = props;
            Dispatcher = dispatcher;
            Parent = parent;
        }

        internal static ActorCell Current => InternalCurrentActorCellKeeper.Current;
        internal static IActorRef GetCurrentSelfOrNoSender() => Current?._self;
        internal static IActorRef GetCurrentSenderOrNoSender() => Current?.Sender;

        public ActorSystem System => SystemImpl;
        public ActorSystemImpl SystemImpl { get; }
        public Props Props { get; }
        public IActorRef Self => _self;
        public IInternalActorRef Parent { get; }
        IActorRef IActorContext.Parent => Parent;
        public MessageDispatcher Dispatcher { get; }
        public bool IsLocal => true;
        public IActorRef Sender { get; private set; }
        public object CurrentMessage { get; internal set; }

        /// <summary>Grows by one a message: a stash refuses to take the same one twice.</summary>
        internal int CurrentEnvelopeId { get; private set; }

        public Mailbox Mailbox => Volatile.Read(ref _mailbox);
        public bool HasMessages => Mailbox.HasMessages;
        public int NumberOfMessages => Mailbox.NumberOfMessages;
        internal ActorBase Actor => _actor;
        internal bool ActorHasBeenCleared => _actor is not null && _actor.Cell is null;
        internal bool ExpectsNewActor { get; set; }
        public bool IsTerminated => Mailbox.IsClosed;
        public virtual ActorTaskScheduler TaskScheduler => _taskScheduler ??= new ActorTaskScheduler(this);

        internal Mailbox SwapMailbox(Mailbox mailbox) => Interlocked.Exchange(ref _mailbox, mailbox);

        public void Init(bool sendSupervise, MailboxType mailboxType)
        {
            var mailbox = new Mailbox(mailboxType.Create(_self, System));
            mailbox.SetActor(this);
            _mailbox = mailbox;
            mailbox.SystemEnqueue(_self, new Create(null));
            if (sendSupervise) Parent.SendSystemMessage(new Supervise(_self, async: false));
        }

        public virtual void Start() => Dispatcher.Attach(this);

        public virtual void SendMessage(IActorRef sender, object message)
        {
            if (message is null) throw new InvalidMessageException("Message is null");
            Dispatcher.Dispatch(this, new Envelope(message, sender, SystemImpl));
        }

        public virtual void SendSystemMessage(ISystemMessage message)
        {
            try
            {
                Dispatcher.SystemDispatch(this, (SystemMessage)message);
            }
            catch (Exception e)
            {
                SystemImpl.EventStream.Publish(new Error(e, _self.Path.ToString(), typeof(ActorCell), "Swallowing exception during message send"));
            }
        }

        public void UseThreadContext(Action action)
        {
            var previous = InternalCurrentActorCellKeeper.Current;
            InternalCurrentActorCellKeeper.Current = this;
            try
            {
                action();
            }
            finally
            {
                InternalCurrentActorCellKeeper.Current = previous;
            }
        }

        /// <summary>Replaces the behavior on top of the stack; the actor's own one stays at its bottom.</summary>
        public void Become(Receive receive)
        {
            ArgumentNullException.ThrowIfNull(receive);
            if (_behaviors is not { Count: > 0 }) BecomeStacked(receive);
            else _behavior = receive;
        }

        public void BecomeStacked(Receive receive)
        {
            ArgumentNullException.ThrowIfNull(receive);
            (_behaviors ??= new Stack<Receive>()).Push(_behavior);
            _behavior = receive;
        }

        void IUntypedActorContext.Become(UntypedReceive receive) => Become(Wrap(receive));
        void IUntypedActorContext.BecomeStacked(UntypedReceive receive) => BecomeStacked(Wrap(receive));

        private static Receive Wrap(UntypedReceive receive) => message =>
        {
            receive(message);
            return true;
        };

        public void UnbecomeStacked()
        {
            if (_behaviors is { Count: > 0 }) _behavior = _behaviors.Pop();
        }

        public virtual IActorRef ActorOf(Props props, string name = null) => AttachChild(props, false, name);
        public ActorSelection ActorSelection(string path) => ActorRefFactoryShared.ActorSelection(path, System, Self);
        public ActorSelection ActorSelection(ActorPath path) => ActorRefFactoryShared.ActorSelection(path, System);

        internal static (string Name, long Uid) SplitNameAndUid(string path)
        {
            var i = path.IndexOf('#');
            return i < 0 || !long.TryParse(path.AsSpan(i + 1), out var uid) ? (path, UndefinedUid) : (path[..i], uid);
        }

        internal static long NewUid()
        {
            long uid;
            do uid = Random.Shared.Next(int.MinValue, int.MaxValue); while (uid == UndefinedUid);
            return uid;
        }

        /// <summary>Makes the actor in this cell's context.</summary>
        private ActorBase NewActor()
        {
            PrepareForNewActor();
            ExpectsNewActor = true;
            var previous = InternalCurrentActorCellKeeper.Current;
            InternalCurrentActorCellKeeper.Current = this;
            try
            {
                var actor = CreateNewActorInstance()
                    ?? throw new ActorInitializationException(_self, "PreStart failed: the props made no actor (null).");
                (actor as ReceiveActor)?.InitialBehavior();
                return actor;
            }
            finally
            {
                ExpectsNewActor = false;
                InternalCurrentActorCellKeeper.Current = previous;
            }
        }

        protected virtual ActorBase CreateNewActorInstance()
        {
            var actor = Props.NewActor();
            if (actor is null) return null;
            if (Props.SupervisorStrategy is { } strategy) actor.SupervisorStrategyInternal = strategy;
            if (actor is IActorStash stashing) stashing.Stash = Internal.AbstractStash.For(this, actor);
            if (actor is IWithTimers timed) timed.Timers = new Scheduler.TimerScheduler(this);
            return actor;
        }

        private void PrepareForNewActor() => SetInitialBehavior(null);

        internal void SetInitialBehavior(Receive receive)
        {
            _behaviors = null;
            _behavior = receive;
        }
    }
}
