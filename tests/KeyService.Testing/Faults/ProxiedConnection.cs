using System.Net;
using System.Net.Sockets;

namespace KeyService.Testing.Faults;

/// <summary>One client's connection through a <see cref="FaultProxy"/>, and its other half.</summary>
internal sealed class ProxiedConnection(Socket client, FaultProxy proxy) : IDisposable
{
    private const int BufferSize = 16 * 1024;

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TaskCompletionSource _reset = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasLostBytes;

    /// <summary>Whether anything was swallowed: the rest would make no sense to anyone.</summary>
    public bool HasLostBytes => _hasLostBytes;

    /// <summary>Runs until one side closes or the connection is reset.</summary>
    public async Task RunAsync(IPEndPoint target)
    {
        client.NoDelay = _server.NoDelay = true;
        var toServer = PumpAsync(client, _server, fromClient: true, target);
        var ended = await Task.WhenAny(toServer, _reset.Task);
        if (ended != toServer) await toServer;
    }

    /// <summary>RST to both, not FIN.</summary>
    public void Reset()
    {
        _reset.TrySetResult();
        Abort(client);
        Abort(_server);
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Never connected, or closed by itself.
        }

        socket.Dispose();
    }

    /// <summary>The client's direction also connects, once bytes may pass: in silence nobody is asked.</summary>
    private async Task PumpAsync(Socket from, Socket to, bool fromClient, IPEndPoint? target)
    {
        Task? answers = null;
        try
        {
            if (target is not null && !await ConnectAsync(target)) return;
            if (target is not null) answers = PumpAsync(_server, client, fromClient: false, target: null);
            var buffer = new byte[BufferSize];
            while (await ReadAsync(from, buffer) is var length and > 0)
            {
                var mode = await UnfrozenAsync();
                if (mode.Swallows(fromClient))
                {
                    _hasLostBytes = true;
                    continue;
                }

                if (mode.Fault == ProxyFault.Delay)
                    await Task.WhenAny(DeliberateDelay.ForAsync(proxy.NextDelay(mode), "the delay of the fault"), _reset.Task);
                await to.SendAsync(buffer.AsMemory(0, length));
            }

            // One side said all that it had to say.
            to.Shutdown(SocketShutdown.Send);
            if (answers is not null) await answers;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // What happens to one half happens to the other.
            Reset();
            if (answers is not null) await answers;
        }
    }

    private async Task<bool> ConnectAsync(IPEndPoint target)
    {
        while (true)
        {
            var mode = proxy.Mode;
            if (mode.Fault is not (ProxyFault.Silence or ProxyFault.NoQuestions or ProxyFault.Freeze)) break;
            // Accepted, and no more: the client waits, or speaks to nobody. It is told by a reset when this ends.
            _hasLostBytes |= mode.Fault != ProxyFault.Freeze;
            if (await Task.WhenAny(mode.Over, _reset.Task) == _reset.Task) return false;
        }

        await _server.ConnectAsync(target);
        return true;
    }

    private async Task<int> ReadAsync(Socket from, byte[] buffer)
    {
        await UnfrozenAsync();
        return await from.ReceiveAsync(buffer);
    }

    private async Task<ProxyMode> UnfrozenAsync()
    {
        while (true)
        {
            var mode = proxy.Mode;
            if (mode.Fault != ProxyFault.Freeze) return mode;
            if (await Task.WhenAny(mode.Over, _reset.Task) == _reset.Task) throw new ObjectDisposedException(nameof(ProxiedConnection));
        }
    }
}
