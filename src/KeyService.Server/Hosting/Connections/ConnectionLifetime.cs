using KeyService.Server.Observability;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Ends what belongs to a connection when its socket is closed, also where Kestrel does not. Its HTTP/2 queues the output of at most twice
/// <see cref="Http2Limits.MaxStreamsPerConnection"/> streams; what does not fit is dropped with the connection, and the connection's task then waits for the dropped streams
/// for ever. When this returns instead, Kestrel disposes of the connection and forgets it, and nothing holds the memory of that task any more.
/// </summary>
/// <param name="protocols">Of the listener.</param>
/// <param name="metrics">Counts the tasks that did not end.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionLifetime(HttpProtocols protocols, ConnectionMetrics metrics, TimeProvider time)
{
    /// <summary>A connection's task ends within milliseconds of its socket, except for calls that cannot be cancelled: they end by themselves, and their answer has no recipient.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var open = connection.Features.GetRequiredFeature<OpenConnection>();
        var serving = next(connection);
        if (!serving.IsCompleted && await IsLostAsync(connection, serving))
        {
            // Half closed, it would still be an open file.
            open.Abort("The client closed it.");
            open.Release();
            connection.Features.Get<InputInTurns>()?.End();
            // Kestrel's HTTP/1.1 has no such queue, and reads until its task ends.
            if (IsHttp2(connection))
            {
                metrics.Closed(ConnectionEnd.Abandoned);
                return;
            }
        }

        open.Release();
        await serving;
    }

    /// <summary>Known after the TLS handshake.</summary>
    public bool IsHttp2(ConnectionContext connection) => protocols == HttpProtocols.Http2
        || connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol.Span.SequenceEqual("h2"u8) == true;

    private async Task<bool> IsLostAsync(ConnectionContext connection, Task serving)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (connection.ConnectionClosed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), closed))
            await Task.WhenAny(serving, closed.Task);
        if (serving.IsCompleted) return false;
        connection.Features.Get<InputInTurns>()?.Close();
        await Task.WhenAny(serving, Task.Delay(Grace, time));
        return !serving.IsCompleted;
    }
}
