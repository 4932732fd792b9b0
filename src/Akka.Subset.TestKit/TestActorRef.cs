using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.TestKit.Internal;

namespace Akka.TestKit
{
    /// <summary>An actor that handles its messages on the thread that sends them, and whose insides a test may look at.</summary>
    public abstract class TestActorRefBase<TActor> : IInternalActorRef where TActor : ActorBase
    {
        private readonly InternalTestActorRef _ref;

        protected TestActorRefBase(ActorSystem system, Props actorProps, IActorRef? supervisor = null, string? name = null) =>
            _ref = InternalTestActorRef.Create(system, actorProps, supervisor, name);

        public IActorRef Ref => _ref;
        public ActorPath Path => _ref.Path;

        /// <summary>The actor object itself.</summary>
        /// <exception cref="IllegalActorStateException">The actor has terminated.</exception>
        public TActor UnderlyingActor => (TActor)_ref.UnderlyingActor;

        /// <summary>Has the actor handle a message at once, past its mailbox; what it throws is thrown here.</summary>
        public void Receive(object message, IActorRef? sender = null) => _ref.Receive(message, sender);

        public void Watch(IActorRef subject) => _ref.Watch(subject);
        public void Unwatch(IActorRef subject) => _ref.Unwatch(subject);
        public void Tell(object message, IActorRef sender) => _ref.Tell(message, sender);
        public void Tell(object message) => _ref.Tell(message);
        public void Forward(object message) => _ref.Forward(message);
        public void SendSystemMessage(ISystemMessage message, IActorRef sender) => _ref.SendSystemMessage(message, sender);
        public void SendSystemMessage(ISystemMessage message) => _ref.SendSystemMessage(message);
        public override string ToString() => _ref.ToString();
        public override bool Equals(object? obj) => _ref.Equals(obj);
        public override int GetHashCode() => _ref.GetHashCode();
        public int CompareTo(object? obj) => _ref.CompareTo(obj);
        bool IEquatable<IActorRef>.Equals(IActorRef? other) => _ref.Equals(other);
        int IComparable<IActorRef>.CompareTo(IActorRef? other) => _ref.CompareTo(other);

        private IInternalActorRef Inner => _ref;
        bool IActorRefScope.IsLocal => Inner.IsLocal;
        IInternalActorRef IInternalActorRef.Parent => Inner.Parent;
        IActorRefProvider IInternalActorRef.Provider => Inner.Provider;
        bool IInternalActorRef.IsTerminated => Inner.IsTerminated;
        IActorRef IInternalActorRef.GetChild(IReadOnlyList<string> name) => Inner.GetChild(name);
        void IInternalActorRef.Resume(Exception? causedByFailure) => Inner.Resume(causedByFailure);
        void IInternalActorRef.Start() => Inner.Start();
        void IInternalActorRef.Stop() => Inner.Stop();
        void IInternalActorRef.Restart(Exception cause) => Inner.Restart(cause);
        void IInternalActorRef.Suspend() => Inner.Suspend();
    }

    public class TestActorRef<TActor> : TestActorRefBase<TActor> where TActor : ActorBase
    {
        public TestActorRef(
            ActorSystem system, Props actorProps, IActorRef? supervisor = null, string? name = null) : base(system, actorProps, supervisor, name) { }
    }
}

namespace Akka.TestKit.Internal
{
    internal sealed class InternalTestActorRef : LocalActorRef
    {
        private static long _names;

        private InternalTestActorRef(
            ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef supervisor, ActorPath path)
            : base(system, props, dispatcher, mailboxType, supervisor, path) { }

        public object UnderlyingActor => IsTerminated
            ? throw new IllegalActorStateException("Underlying actor is terminated")
            : Cell.Actor ?? throw new IllegalActorStateException("Underlying actor is not created: its constructor or PreStart failed");

        public static InternalTestActorRef Create(ActorSystem system, Props props, IActorRef? supervisor, string? name)
        {
            if (props.Deploy.Dispatcher is null or "" or "akka.actor.default-dispatcher") props = props.WithDispatcher(CallingThreadDispatcher.Id);
            var impl = (ActorSystemImpl)system;
            var parent = (IInternalActorRef)(supervisor ?? impl.Guardian);
            name = string.IsNullOrEmpty(name) ? "$$" + Interlocked.Increment(ref _names) : name;
            var dispatcher = system.Dispatchers.Lookup(props.Dispatcher);
            var mailbox = system.Mailboxes.GetMailboxType(props, dispatcher.Configurator.Config);
            if (((parent is TestProbe probe ? probe.Ref : parent) as ActorRefWithCell)?.Underlying is ActorCell cell) cell.ReserveChild(name);
            var actor = new InternalTestActorRef(impl, props, dispatcher, mailbox, parent, (parent.Path / name).WithUid(ActorCell.NewUid()));
            actor.Start();
            return actor;
        }

        public void Receive(object message, IActorRef? sender) =>
            Cell.ReceiveMessageForTest(new Envelope(message, sender ?? ActorCell.GetCurrentSelfOrNoSender(), System));

        public void Watch(IActorRef subject) => Cell.Watch(subject);
        public void Unwatch(IActorRef subject) => Cell.Unwatch(subject);
    }
}
