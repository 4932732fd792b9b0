using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>Waiting for a node to come to be as a test wants it.</summary>
internal static class PaxosWaits
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);

    /// <summary>Waits until a node's status is so, and returns it.</summary>
    public static async Task<NodeStatus> Until(this Paxos paxos, Func<NodeStatus, bool> condition)
    {
        var end = DateTime.UtcNow + InTime;
        for (;;)
        {
            var status = await paxos.Status();
            if (condition(status)) return status;
            Assert.True(DateTime.UtcNow < end, $"not in time; the last status: {status}; {string.Join(", ", status.Roles)}");
            await Task.Delay(50);
        }
    }
}
