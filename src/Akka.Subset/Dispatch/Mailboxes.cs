#nullable disable
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch.MessageQueues;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using Akka.Util;

namespace Akka.Dispatch
{
    /// <summary>Makes the queue of a mailbox.</summary>
    public abstract class MailboxType
    {
        protected readonly Settings Settings;
        protected readonly Config Config;

        protected MailboxType(Settings settings, Config config)
        {
            Settings = settings;
            Config = config;
        }

        public abstract IMessageQueue Create(IActorRef owner, ActorSystem system);
    }

    public sealed class UnboundedMailbox : MailboxType, IProducesMessageQueue<UnboundedMessageQueue>
    {
        public UnboundedMailbox() : this(null, null) { }
        public UnboundedMailbox(Settings settings, Config config) : base(settings, config) { }
        public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new UnboundedMessageQueue();
    }

    public sealed class UnboundedDequeBasedMailbox : MailboxType, IProducesMessageQueue<UnboundedDequeMessageQueue>
    {
        public UnboundedDequeBasedMailbox(Settings settings, Config config) : base(settings, config) { }
        public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new UnboundedDequeMessageQueue();
    }

    /// <summary>Which mailbox an actor gets: the one its props name, else the one its class requires, else the default.</summary>
    public class Mailboxes
    {
        public static readonly string DefaultMailboxId = "akka.actor.default-mailbox";
        private static readonly ConcurrentDictionary<Type, bool> NeedsDeque = new();
        private readonly ActorSystem _system;
        private readonly ConcurrentDictionary<string, MailboxType> _types = new();
        private readonly MailboxType _default = new UnboundedMailbox(null, null);
        private readonly MailboxType _deque = new UnboundedDequeBasedMailbox(null, null);

        public Mailboxes(ActorSystem system)
        {
            _system = system;
            DeadLetterMailbox = new DeadLetterMailbox(system.DeadLetters);
        }

        public DeadLetterMailbox DeadLetterMailbox { get; }

        public MailboxType GetMailboxType(Props props, Config dispatcherConfig)
        {
            var id = props.Deploy.Mailbox;
            if (!string.IsNullOrEmpty(id) && id != DefaultMailboxId) return Lookup(id);
            return NeedsDeque.GetOrAdd(props.Type, static type => type.GetInterfaces().Any(i => i.IsGenericType
                && i.GetGenericTypeDefinition() == typeof(IRequiresMessageQueue<>)
                && typeof(IDequeBasedMessageQueueSemantics).IsAssignableFrom(i.GenericTypeArguments[0]))) ? _deque : _default;
        }

        public MailboxType Lookup(string id) => _types.GetOrAdd(id, static (key, system) =>
        {
            var section = system.Settings.Config.GetConfig(key)
                ?? throw new ConfigurationException($"Mailbox Type [{key}] not configured");
            var name = section.GetString("mailbox-type", null)
                ?? throw new ConfigurationException($"The setting mailbox-type defined in [{key}] is empty");
            var type = TypeResolver.Resolve(name)
                ?? throw new ConfigurationException($"Found mailbox-type [{name}] in configuration for [{key}], but could not find that type in any loaded assemblies.");
            return (MailboxType)Activator.CreateInstance(type, system.Settings, section);
        }, _system);
    }
}

namespace Akka.Actor
{
    /// <summary>The mailbox of every actor that has stopped.</summary>
    public sealed class DeadLetterMailbox : Dispatch.Mailbox
    {
        private readonly IActorRef _deadLetters;

        public DeadLetterMailbox(IActorRef deadLetters) : base(new DeadLetterMessageQueue(deadLetters))
        {
            _deadLetters = deadLetters;
            BecomeClosed();
        }

        internal override void SystemEnqueue(IActorRef receiver, SystemMessage message) =>
            _deadLetters.Tell(new DeadLetter(message, receiver, receiver), receiver);

        internal override void CleanUp() { }

        private sealed class DeadLetterMessageQueue(IActorRef deadLetters) : IMessageQueue
        {
            public bool HasMessages => false;
            public int Count => 0;
            public bool TryDequeue(out Envelope envelope)
            {
                envelope = default;
                return false;
            }

            public void Enqueue(IActorRef receiver, Envelope envelope)
            {
                if (envelope.Message is DeadLetter) return; // or it would go round for ever
                deadLetters.Tell(new DeadLetter(envelope.Message, envelope.Sender, receiver), envelope.Sender);
            }

            public void CleanUp(IActorRef owner, IMessageQueue deadletters) { }
        }
    }
}
