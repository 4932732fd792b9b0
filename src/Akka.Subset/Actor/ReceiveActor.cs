#nullable disable
using Akka.Dispatch;

namespace Akka.Actor;

/// <summary>An actor whose handlers are registered by message type, first match first.</summary>
public abstract class ReceiveActor : UntypedActor
{
    private readonly record struct Handler(Type Type, Predicate<object> ShouldHandle, Func<object, bool> Handle);

    private List<Handler> _building = [];
    private Receive _initial;
    private bool _hasReceiveAny;

    protected ReceiveActor() { }

    protected sealed override void OnReceive(object message) => throw new InvalidOperationException("A ReceiveActor's handlers are registered by Receive<T>.");

    // The handlers of the constructor become the first behavior when the first message (or PreStart) needs them.
    internal override Receive BaseBehavior() => message => InitialBehavior()(message);
    internal Receive InitialBehavior() => _initial ??= Build();

    protected void Become(Action configure) => Current.Become(Configure(configure));
    protected void BecomeStacked(Action configure) => Current.BecomeStacked(Configure(configure));

    private Receive Configure(Action configure)
    {
        _initial ??= Build();
        (_building, _hasReceiveAny) = ([], false);
        try
        {
            configure();
            return Build();
        }
        finally
        {
            _building = null;
        }
    }

    private Receive Build()
    {
        var handlers = (_building ?? []).ToArray();
        _building = null;
        return message =>
        {
            foreach (var handler in handlers)
            {
                if (handler.Type is not null && !handler.Type.IsInstanceOfType(message)) continue;
                if (handler.ShouldHandle is not null && !handler.ShouldHandle(message)) continue;
                if (handler.Handle(message)) return true;
            }
            return false;
        };
    }

    private void Add(Type type, Predicate<object> shouldHandle, Func<object, bool> handle, bool any = false)
    {
        if (_building is null)
            throw new InvalidOperationException("You may only call Receive-methods when constructing the actor and inside Become().");
        if (_hasReceiveAny)
            throw new InvalidOperationException("A handler that catches all messages has been added. No handler can be added after that.");
        _hasReceiveAny = any || (type == typeof(object) && shouldHandle is null);
        _building.Add(new Handler(type == typeof(object) ? null : type, shouldHandle, handle));
    }

    private static Func<object, bool> Done(Action<object> handler) => message =>
    {
        handler(message);
        return true;
    };

    private static Func<object, bool> Run(Func<object, Task> handler) => message =>
    {
        ActorTaskScheduler.RunTask(() => handler(message));
        return true;
    };

    protected void Receive<T>(Action<T> handler, Predicate<T> shouldHandle = null) =>
        Add(typeof(T), shouldHandle is null ? null : m => shouldHandle((T)m), Done(m => handler((T)m)));

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    /// <summary>Registers a handler that says itself whether it has taken the message.</summary>
    protected void Receive<T>(Func<T, bool> handler) => Add(typeof(T), m => true, m => handler((T)m));

    protected void Receive(Type messageType, Action<object> handler, Predicate<object> shouldHandle = null) => Add(messageType, shouldHandle, Done(handler));
    protected void Receive(Type messageType, Predicate<object> shouldHandle, Action<object> handler) => Add(messageType, shouldHandle, Done(handler));
    protected void Receive(Type messageType, Func<object, bool> handler) => Add(messageType, _ => true, handler);

    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T> shouldHandle = null) =>
        Add(typeof(T), shouldHandle is null ? null : m => shouldHandle((T)m), Run(m => handler((T)m)));

    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => ReceiveAsync(handler, shouldHandle);

    protected void ReceiveAsync(Type messageType, Func<object, Task> handler, Predicate<object> shouldHandle = null) =>
        Add(messageType, shouldHandle, Run(handler));

    protected void ReceiveAsync(Type messageType, Predicate<object> shouldHandle, Func<object, Task> handler) => Add(messageType, shouldHandle, Run(handler));

    protected void ReceiveAny(Action<object> handler) => Add(null, null, Done(handler), any: true);
    protected void ReceiveAnyAsync(Func<object, Task> handler) => Add(null, null, Run(handler), any: true);
}
