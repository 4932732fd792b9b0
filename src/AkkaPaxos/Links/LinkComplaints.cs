using Akka.Event;

namespace AkkaPaxos.Links;

/// <summary>Says what is wrong with connections, at most a line a minute: whoever scans ports shall not fill the log.</summary>
internal sealed class LinkComplaints(ILoggingAdapter log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private DateTimeOffset _saidAt = DateTimeOffset.MinValue;
    private int _unsaid;

    /// <summary>Says it, or counts it.</summary>
    /// <param name="what">What happened.</param>
    /// <param name="why">Why.</param>
    public void Say(string what, string why)
    {
        lock (_gate)
        {
            if (DateTimeOffset.UtcNow - _saidAt < Pause)
            {
                _unsaid++;
                return;
            }
            log.Info("{0}: {1}{2}", what, why, _unsaid > 0 ? $" ({_unsaid} more since the last such line)" : "");
            (_saidAt, _unsaid) = (DateTimeOffset.UtcNow, 0);
        }
    }
}
