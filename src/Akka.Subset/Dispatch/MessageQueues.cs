#nullable disable
using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Dispatch
{
    public interface ISemantics { }
    public interface IUnboundedMessageQueueSemantics : ISemantics { }
    public interface IBoundedMessageQueueSemantics : ISemantics
    {
        TimeSpan PushTimeOut { get; }
    }

    /// <summary>A queue that also takes messages at its front, as a stash needs it.</summary>
    public interface IDequeBasedMessageQueueSemantics : ISemantics
    {
        void EnqueueFirst(Envelope envelope);
    }

    public interface IUnboundedDequeBasedMessageQueueSemantics : IDequeBasedMessageQueueSemantics, IUnboundedMessageQueueSemantics { }
    public interface IMultipleConsumerSemantics : ISemantics { }

    /// <summary>An actor says by this which queue its mailbox must have.</summary>
    public interface IRequiresMessageQueue<T> where T : ISemantics { }

    public interface IProducesMessageQueue<TQueue> where TQueue : MessageQueues.IMessageQueue { }
}

namespace Akka.Dispatch.MessageQueues
{
    public interface IMessageQueue
    {
        bool HasMessages { get; }
        int Count { get; }
        void Enqueue(IActorRef receiver, Envelope envelope);
        bool TryDequeue(out Envelope envelope);
        void CleanUp(IActorRef owner, IMessageQueue deadletters);
    }

    public class UnboundedMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
    {
        private readonly ConcurrentQueue<Envelope> _queue = new();

        public bool HasMessages => !_queue.IsEmpty;
        public int Count => _queue.Count;
        public void Enqueue(IActorRef receiver, Envelope envelope) => _queue.Enqueue(envelope);
        public bool TryDequeue(out Envelope envelope) => _queue.TryDequeue(out envelope);

        public void CleanUp(IActorRef owner, IMessageQueue deadletters)
        {
            while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
        }
    }

    /// <summary>Puts a front part before another queue. Only the actor itself adds to the front, so that part needs no lock.</summary>
    public class DequeWrapperMessageQueue : IMessageQueue, IDequeBasedMessageQueueSemantics
    {
        private readonly Stack<Envelope> _front = new();
        protected readonly IMessageQueue MessageQueue;

        public DequeWrapperMessageQueue(IMessageQueue messageQueue) => MessageQueue = messageQueue;

        public bool HasMessages => _front.Count > 0 || MessageQueue.HasMessages;
        public int Count => _front.Count + MessageQueue.Count;
        public void Enqueue(IActorRef receiver, Envelope envelope) => MessageQueue.Enqueue(receiver, envelope);
        public bool TryDequeue(out Envelope envelope) => _front.TryPop(out envelope) || MessageQueue.TryDequeue(out envelope);
        public void EnqueueFirst(Envelope envelope) => _front.Push(envelope);

        public void CleanUp(IActorRef owner, IMessageQueue deadletters)
        {
            while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
        }
    }

    public class UnboundedDequeMessageQueue : DequeWrapperMessageQueue, IUnboundedDequeBasedMessageQueueSemantics
    {
        public UnboundedDequeMessageQueue() : base(new UnboundedMessageQueue()) { }
    }
}
