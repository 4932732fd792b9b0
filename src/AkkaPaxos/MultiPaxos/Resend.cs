namespace AkkaPaxos.MultiPaxos;

/// <summary>Leader to its scout, commanders and confirmers: messages may be lost, so ask those again that have not answered.</summary>
internal sealed record Resend : INodeMessage
{
    /// <summary>The only one.</summary>
    public static readonly Resend Instance = new();

    private Resend()
    {
    }
}
