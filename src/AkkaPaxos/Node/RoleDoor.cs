using Akka.Actor;
using Akka.Dispatch;
using Akka.Routing;
using Akka.Util;

namespace AkkaPaxos.Node;

/// <summary>
/// What stands at a role's path for as long as its node does, <c>/user/paxos/&lt;group&gt;/acceptor</c>, and hands each message on to the role as it is
/// now: a router, so that it does so where the message arrives, without a mailbox of its own between.
/// </summary>
/// <remarks>
/// A role that is started again under its old path would not be reached from elsewhere: Akka.Remote keeps, for each thread of the pool, which actor
/// a path led to, and goes on giving messages to the one that has stopped, as dead letters that nobody looks at. So a role's own path is new at each start.
/// </remarks>
/// <param name="role">The role as it is now; <see cref="ActorRefs.Nobody"/> while there is none.</param>
internal sealed class RoleDoor(Func<IActorRef> role) : Group([], Dispatchers.DefaultDispatcherId)
{
    /// <inheritdoc/>
    public override Router CreateRouter(ActorSystem system) => new(new ToTheRole(new Inside(role)));

    /// <inheritdoc/>
    public override IEnumerable<string> GetPaths(ActorSystem system) => [];

    /// <summary>Nothing is for the door itself.</summary>
    public override bool IsManagementMessage(object message) => false;

    /// <summary>It stays in its system.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override ISurrogate ToSurrogate(ActorSystem system) => throw new NotSupportedException("a role's door does not leave its actor system");

    private sealed class ToTheRole(Routee role) : RoutingLogic
    {
        public override Routee Select(object message, Routee[] routees) => role;
    }

    private sealed class Inside(Func<IActorRef> role) : Routee
    {
        public override void Send(object message, IActorRef sender) => role().Tell(message, sender);
    }
}
