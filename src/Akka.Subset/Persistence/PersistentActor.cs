using Akka.Actor;

namespace Akka.Persistence;

/// <summary>A persistent actor with ReceiveRecover and ReceiveCommand.</summary>
public abstract class PersistentActor : Eventsourced
{
    protected override bool Receive(object message) => ReceiveCommand(message);
}

/// <summary>A persistent actor with OnRecover and OnCommand.</summary>
public abstract class UntypedPersistentActor : Eventsourced
{
    protected new static IUntypedActorContext Context => (IUntypedActorContext)ActorBase.Context;

    protected override bool Receive(object message) => ReceiveCommand(message);

    protected override bool ReceiveCommand(object message)
    {
        OnCommand(message);
        return true;
    }

    protected override bool ReceiveRecover(object message)
    {
        OnRecover(message);
        return true;
    }

    protected abstract void OnCommand(object message);
    protected abstract void OnRecover(object message);

    protected void Become(UntypedReceive receive) => Context.Become(receive);
    protected void BecomeStacked(UntypedReceive receive) => Context.BecomeStacked(receive);
}

/// <summary>A persistent actor that registers its handlers by Recover and Command.</summary>
public abstract class ReceivePersistentActor : UntypedPersistentActor
{
    private readonly List<Func<object, bool>> _recover = [];
    private List<Func<object, bool>>? _command = [];

    protected sealed override void OnCommand(object message) => Run(Registered(), message);
    protected sealed override void OnRecover(object message) => Run(_recover, message);

    protected void Recover<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => _recover.Add(Typed(handler, shouldHandle));
    protected void Recover<T>(Predicate<T> shouldHandle, Action<T> handler) => _recover.Add(Typed(handler, shouldHandle));
    protected void Recover<T>(Func<T, bool> handler) => _recover.Add(o => o is T t && handler(t));
    protected void RecoverAny(Action<object> handler) => _recover.Add(Typed(handler, null));

    protected void Command<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Registered().Add(Typed(handler, shouldHandle));
    protected void Command<T>(Predicate<T> shouldHandle, Action<T> handler) => Registered().Add(Typed(handler, shouldHandle));
    protected void Command<T>(Func<T, bool> handler) => Registered().Add(o => o is T t && handler(t));
    protected void CommandAny(Action<object> handler) => Registered().Add(Typed(handler, null));

    /// <summary>Replaces the command handlers by those that <paramref name="configure"/> registers.</summary>
    protected void Become(Action configure)
    {
        var handlers = Configure(configure);
        Become(message => Run(handlers, message));
    }

    protected void BecomeStacked(Action configure)
    {
        var handlers = Configure(configure);
        BecomeStacked(message => Run(handlers, message));
    }

    private List<Func<object, bool>> Registered() =>
        _command ?? throw new InvalidOperationException("Handlers are registered in the constructor or in Become only.");

    private List<Func<object, bool>> Configure(Action configure)
    {
        var before = _command;
        _command = [];
        try
        {
            configure();
            return _command;
        }
        finally
        {
            _command = before;
        }
    }

    private static Func<object, bool> Typed<T>(Action<T> handler, Predicate<T>? shouldHandle) => o =>
    {
        if (o is not T t || (shouldHandle != null && !shouldHandle(t))) return false;
        handler(t);
        return true;
    };

    private void Run(List<Func<object, bool>> handlers, object message)
    {
        foreach (var handler in handlers)
            if (handler(message))
                return;
        Unhandled(message);
    }
}
