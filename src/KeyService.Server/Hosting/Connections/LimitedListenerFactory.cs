using System.Net;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Counts connections where they are accepted, before TLS and before any work of theirs waits for a thread: the count is that of open sockets. Kestrel's own limit
/// counts tasks, and the task of a connection whose output queue overflowed never ends: after 20,000 of these it refused everyone until a restart.
/// </summary>
internal sealed class LimitedListenerFactory(SocketTransportFactory sockets, ConnectionLimits limits, ConnectionMetrics metrics) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await sockets.BindAsync(endpoint, cancellationToken), new(limits, metrics));

    private sealed class Listener(IConnectionListener inner, ConnectionTable table) : IConnectionListener
    {
        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await inner.AcceptAsync(cancellationToken) is { } connection)
            {
                if (table.Add(connection) is { } open)
                {
                    connection.Features.Set(open);
                    return connection;
                }

                connection.Abort(new ConnectionAbortedException("Too many connections."));
                // The socket is closed already; this waits for its loops to see it.
                _ = connection.DisposeAsync().AsTask();
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
