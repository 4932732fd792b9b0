using Akka.Actor;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>A role as its node keeps account of it over its starts.</summary>
internal sealed class NodeRole(string name)
{
    /// <summary>The pause before a role is started again, at first.</summary>
    public static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(200);

    public string Name { get; } = name;

    /// <summary>Null while it does not run.</summary>
    public IActorRef? Actor { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public TimeSpan Backoff { get; set; } = MinBackoff;

    /// <summary>What it waits for, or why it last failed.</summary>
    public string? Problem { get; set; }

    /// <summary>It must not be started again.</summary>
    public bool IsOver { get; set; }

    public int Starts { get; set; }

    public StoreWatch Store { get; } = new();

    /// <summary>A write failed, and so it stops.</summary>
    public bool WriteFailed { get; set; }

    /// <summary>How long after its next start it is to leave its store alone.</summary>
    public TimeSpan WritesAfter { get; set; }

    public DateTimeOffset? StoreBadSince { get; set; }

    public DateTimeOffset StoreSaidAt { get; set; }
}
