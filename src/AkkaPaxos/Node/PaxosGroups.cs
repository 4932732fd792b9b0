using Akka.Actor;

namespace AkkaPaxos.Node;

/// <summary>The top actor <c>/user/paxos</c>: a child for each group.</summary>
internal sealed class PaxosGroups : UntypedActor
{
    private readonly string _group;
    private readonly Props _node;
    private readonly Action<NodeFailedException> _failed;

    public PaxosGroups(string group, Props node, Action<NodeFailedException> failed) => (_group, _node, _failed) = (group, node, failed);

    protected override void PreStart() => Context.ActorOf(_node, _group);

    // The node itself has nothing that could fail but by a bug: that ends it, and whoever runs it is told.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(failure =>
    {
        _failed(new NodeFailedException($"group {_group} stopped: {failure.GetType().Name}: {failure.Message}"));
        return Directive.Stop;
    });

    protected override void OnReceive(object message) => Unhandled(message);
}
