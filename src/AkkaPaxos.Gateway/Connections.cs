using System.Net;
using Microsoft.AspNetCore.Connections;

namespace AkkaPaxos.Gateway;

/// <summary>The gateway's connections: how many are open, and an end to new ones while the open ones go on, which Kestrel itself does not have.</summary>
/// <param name="transport">What listens.</param>
internal sealed class Connections(IConnectionListenerFactory transport) : IConnectionListenerFactory
{
    private IConnectionListener? _listener;
    private int _open;

    /// <summary>How many are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        _listener = await transport.BindAsync(endpoint, cancellationToken);

    /// <summary>Goes before what handles a connection.</summary>
    public ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        Interlocked.Increment(ref _open);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    };

    /// <summary>Takes no new ones: who tries is refused.</summary>
    public ValueTask Unbind() => _listener?.UnbindAsync() ?? ValueTask.CompletedTask;
}
