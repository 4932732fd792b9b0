using Akka.Event;

namespace AkkaPaxos.Node;

/// <summary>
/// Akka's log without what is normal in a cluster whose nodes and clients come and go: its chatter, and its warnings and errors, most with a stack
/// trace and many a second, about connections that are not there. That a member is not reached a node says itself, once. Give it to an actor system by
/// <c>LogFilterSetup</c>; it takes nothing away at <c>akka.loglevel = DEBUG</c>, where its caller leaves it out.
/// </summary>
/// <remarks>What it does not know stays.</remarks>
public sealed class QuietLogFilter : LogFilterBase
{
    // How Akka's warnings and errors about what is normal begin.
    private static readonly string[] Normal =
    [
        // Remoting: a connection ended, or could not be made.
        "Association with remote system", "Tried to associate with unreachable", "AssociationError", "Shut down address", "Invalid address",
        "No response from remote", "Detected unreachable", "Ignoring stale ACK", "Shutdown finished, but flushing", "Error caught channel",
        // Cluster: a member is silent, or its heartbeat late.
        "Cluster Node [", "Couldn't join seed nodes",
    ];

    // What Akka.Persistence says in the name of one of our roles, which says itself what it does about it.
    private static readonly string[] SaidByRoles =
    [
        "Persistence failure when replaying", "Failed to persist", "Failed to DeleteMessages", "Failed to DeleteSnapshot", "Failed to SaveSnapshot",
    ];

    // A cause of these kinds says that a connection ended or did not come to be. Their types are internal to Akka.Remote.
    private static readonly string[] EndsOfConnections =
    [
        "EndpointDisassociatedException", "EndpointAssociationException", "InvalidAssociation", "ShutDownAssociation", "InvalidAssociationException",
        "AkkaProtocolException",
    ];

    /// <inheritdoc/>
    public override LogFilterType FilterType => LogFilterType.Content;

    /// <inheritdoc/>
    public override LogFilterDecision ShouldKeepMessage(LogEvent content, string? expandedMessage = null) =>
        IsNormal(content) ? LogFilterDecision.Drop : LogFilterDecision.Keep;

    private static bool IsNormal(LogEvent e)
    {
        var text = e.Message is LogMessage { Format: { } format } ? format : $"{e.Message}";
        if (e.LogSource.Contains("/user/paxos/", StringComparison.Ordinal)) return StartsWithOneOf(SaidByRoles, text);
        if (e.LogClass.Assembly.GetName().Name is not { } assembly || !(assembly == "Akka" || assembly.StartsWith("Akka.", StringComparison.Ordinal)))
            return false;
        if (e.LogLevel() <= LogLevel.InfoLevel) return true;
        if (e.Cause?.GetType() is { } cause && cause.Assembly.GetName().Name == "Akka.Remote" && EndsOfConnections.Contains(cause.Name)) return true;
        return StartsWithOneOf(Normal, text) || IsOfFormerIncarnation(text);
    }

    // A member that was started again has another uid; its former one is shut out when it has left the gossip. One that is shut out alive is told so, and says so.
    private static bool IsOfFormerIncarnation(string text) =>
        text.StartsWith("Association to [", StringComparison.Ordinal) && text.Contains("] having UID [", StringComparison.Ordinal);

    private static bool StartsWithOneOf(string[] starts, string text) => starts.Any(s => text.StartsWith(s, StringComparison.Ordinal));
}
