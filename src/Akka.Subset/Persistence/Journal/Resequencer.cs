namespace Akka.Persistence.Journal;

/// <summary>
/// Sends the journal's answers in the order in which the writes came, whichever order they end in and on whichever thread:
/// an actor may send its next write as soon as it hears that one has ended, and must not hear of that one first.
/// </summary>
internal sealed class Resequencer
{
    private readonly object _lock = new();
    private readonly Dictionary<long, Action> _done = [];
    private long _nextToSend;
    private long _nextNumber;
    private bool _sending;

    /// <summary>The place of the next write. Called by the journal actor only.</summary>
    public long Next() => _nextNumber++;

    public void Complete(long number, Action send)
    {
        lock (_lock)
        {
            _done.Add(number, send);
            // Sending happens outside the lock, by one thread at a time: a send may run an actor that comes back here.
            if (_sending) return;
            _sending = true;
        }
        while (true)
        {
            Action? next;
            lock (_lock)
            {
                if (!_done.Remove(_nextToSend, out next))
                {
                    _sending = false;
                    return;
                }
                _nextToSend++;
            }
            next();
        }
    }
}
