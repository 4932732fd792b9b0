using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit
{
    /// <summary>The messages that control a test actor.</summary>
    public static class TestActor
    {
        public delegate bool Ignore(object message);

        public class SetIgnore : INoSerializationVerificationNeeded
        {
            public SetIgnore(Ignore? ignore) => Ignore = ignore;
            public Ignore? Ignore { get; }
        }

        public class Watch : INoSerializationVerificationNeeded
        {
            public Watch(IActorRef actorToWatch) => Actor = actorToWatch;
            public IActorRef Actor { get; }
        }

        public class Unwatch : INoSerializationVerificationNeeded
        {
            public Unwatch(IActorRef actorToUnwatch) => Actor = actorToUnwatch;
            public IActorRef Actor { get; }
        }

        public class SetAutoPilot : INoSerializationVerificationNeeded
        {
            public SetAutoPilot(AutoPilot autoPilot) => AutoPilot = autoPilot;
            public AutoPilot AutoPilot { get; }
        }
    }
}

namespace Akka.TestKit.Internal
{
    /// <summary>Puts what it gets into the queue that the test reads.</summary>
    internal sealed class InternalTestActor(MessageQueue queue) : ActorBase
    {
        private TestActor.Ignore? _ignore;
        private AutoPilot _autoPilot = AutoPilot.NoAutoPilot;

        protected override bool Receive(object message)
        {
            switch (message)
            {
                case TestActor.SetIgnore setIgnore:
                    _ignore = setIgnore.Ignore;
                    return true;
                case TestActor.Watch watch:
                    Context.Watch(watch.Actor);
                    return true;
                case TestActor.Unwatch unwatch:
                    Context.Unwatch(unwatch.Actor);
                    return true;
                case TestActor.SetAutoPilot setAutoPilot:
                    _autoPilot = setAutoPilot.AutoPilot;
                    return true;
            }
            if (_autoPilot is not NoAutoPilot && _autoPilot.Run(Sender, message) is var next && next is not KeepRunning) _autoPilot = next;
            if (_ignore?.Invoke(message) != true) queue.Add(new RealMessageEnvelope(message, Sender));
            return true;
        }

        protected override void PostStop()
        {
            while (queue.TryTake(TimeSpan.Zero, CancellationToken.None, out var left))
                Context.System.DeadLetters.Tell(new DeadLetter(left.Message, left.Sender, Self), left.Sender);
        }
    }

    /// <summary>What a test actor got and the test has not looked at yet.</summary>
    internal sealed class MessageQueue
    {
        private readonly LinkedList<MessageEnvelope> _items = new();
        private readonly SemaphoreSlim _available = new(0);

        public int Count
        {
            get { lock (_items) return _items.Count; }
        }

        public void Add(MessageEnvelope item)
        {
            lock (_items) _items.AddLast(item);
            _available.Release();
        }

        public bool TryTake(TimeSpan timeout, CancellationToken cancellation, out MessageEnvelope item)
        {
            var taken = _available.Wait(timeout, cancellation);
            item = taken ? Take() : NullMessageEnvelope.Instance;
            return taken;
        }

        public async ValueTask<MessageEnvelope?> TryTakeAsync(TimeSpan timeout, CancellationToken cancellation) =>
            await _available.WaitAsync(timeout, cancellation) ? Take() : null;

        public bool TryPeek(TimeSpan timeout, CancellationToken cancellation, out MessageEnvelope item)
        {
            item = NullMessageEnvelope.Instance;
            if (!_available.Wait(timeout, cancellation)) return false;
            lock (_items) item = _items.First!.Value;
            _available.Release();
            return true;
        }

        private MessageEnvelope Take()
        {
            lock (_items)
            {
                var item = _items.First!.Value;
                _items.RemoveFirst();
                return item;
            }
        }
    }
}
