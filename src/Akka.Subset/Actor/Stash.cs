#nullable disable
using Akka.Dispatch;

namespace Akka.Actor
{
    /// <summary>Holds messages back that an actor can not handle yet.</summary>
    public interface IStash
    {
        int Count { get; }
        bool IsEmpty { get; }
        bool NonEmpty { get; }
        void Stash();
        void Unstash();
        void UnstashAll();
        void UnstashAll(Func<Envelope, bool> predicate);
        IEnumerable<Envelope> ClearStash();
        void Prepend(IEnumerable<Envelope> envelopes);
    }

    public interface IActorStash
    {
        IStash Stash { get; set; }
    }

    public interface IWithUnrestrictedStash : IActorStash { }
    public interface IWithUnboundedStash : IWithUnrestrictedStash, IRequiresMessageQueue<IUnboundedDequeBasedMessageQueueSemantics> { }
    public interface IWithStash : IWithUnrestrictedStash, IRequiresMessageQueue<IDequeBasedMessageQueueSemantics> { }
}

namespace Akka.Actor.Internal
{
    internal sealed class AbstractStash : IStash
    {
        private readonly ActorCell _cell;
        private LinkedList<Envelope> _stash = new();
        private int _lastStashed = -1;

        private AbstractStash(ActorCell cell) => _cell = cell;

        public static IStash For(ActorCell cell, ActorBase actor) => cell.Mailbox.MessageQueue is IDequeBasedMessageQueueSemantics
            ? new AbstractStash(cell)
            : throw new NotSupportedException(
                $"DequeBasedMailbox required, got: {cell.Mailbox.MessageQueue.GetType().Name}. An (unbounded) deque-based mailbox can be configured as follows: my-custom-mailbox {{ mailbox-type = \"Akka.Dispatch.UnboundedDequeBasedMailbox\" }} ({actor.GetType().FullName} at {cell.Self.Path})");

        public int Count => _stash.Count;
        public bool IsEmpty => _stash.Count == 0;
        public bool NonEmpty => _stash.Count > 0;

        public void Stash()
        {
            if (_cell.CurrentEnvelopeId == _lastStashed)
                throw new IllegalActorStateException($"Can't stash the same message {_cell.CurrentMessage} more than once");
            _lastStashed = _cell.CurrentEnvelopeId;
            _stash.AddLast(new Envelope(_cell.CurrentMessage, _cell.Sender));
        }

        public void Unstash()
        {
            if (_stash.First is not { } first) return;
            _stash.RemoveFirst();
            EnqueueFirst(first.Value);
        }

        public void UnstashAll() => UnstashAll(_ => true);

        public void UnstashAll(Func<Envelope, bool> filterPredicate)
        {
            for (var node = _stash.Last; node is not null; node = node.Previous)
                if (filterPredicate(node.Value)) EnqueueFirst(node.Value);
            _stash = new LinkedList<Envelope>();
        }

        public IEnumerable<Envelope> ClearStash()
        {
            var stashed = _stash;
            _stash = new LinkedList<Envelope>();
            return stashed;
        }

        public void Prepend(IEnumerable<Envelope> envelopes)
        {
            // Only what is not stashed yet, in front and in its order.
            foreach (var envelope in envelopes.Distinct().Reverse())
                if (!_stash.Contains(envelope)) _stash.AddFirst(envelope);
        }

        private void EnqueueFirst(Envelope envelope)
        {
            ((IDequeBasedMessageQueueSemantics)_cell.Mailbox.MessageQueue).EnqueueFirst(envelope);
            // The message comes back under a new envelope id, and may be stashed again then.
            if (envelope.Message is Terminated terminated) _cell.TerminatedQueuedFor(terminated.ActorRef);
        }
    }
}
