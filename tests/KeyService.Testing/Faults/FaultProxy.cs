using System.Net;
using System.Net.Sockets;

namespace KeyService.Testing.Faults;

/// <summary>A TCP proxy on loopback that can be told to fail. The mode holds for connections that are there and for new ones.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _target;
    private readonly Seeded _random;
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly Lock _lock = new();
    private readonly Task _accepting;
    private ProxyMode _mode = ProxyMode.Pass;

    /// <param name="target">What it stands before; need not be there yet.</param>
    /// <param name="seed">Of the jitter.</param>
    public FaultProxy(IPEndPoint target, ulong seed = 1)
    {
        _target = target;
        _random = new(seed);
        _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Those that are open on the client's side.</summary>
    public int Connections
    {
        get
        {
            lock (_lock) return _connections.Count;
        }
    }

    public ProxyMode Mode => Volatile.Read(ref _mode);

    /// <summary>Takes effect for the next bytes. Connections from which bytes were swallowed are reset when the swallowing ends: they would be garbled.</summary>
    public void Set(ProxyMode mode)
    {
        List<ProxiedConnection> connections;
        ProxyMode before;
        lock (_lock)
        {
            before = _mode;
            Volatile.Write(ref _mode, mode);
            connections = [.. _connections];
        }

        foreach (var connection in connections)
        {
            if (mode.Fault == ProxyFault.Reset || connection.HasLostBytes) connection.Reset();
        }

        before.End();
    }

    public void Set(ProxyFault fault) => Set(new ProxyMode(fault));

    public void Pass() => Set(ProxyMode.Pass);

    public TimeSpan NextDelay(ProxyMode mode)
    {
        var jitter = (int)mode.Jitter.TotalMicroseconds;
        if (jitter == 0) return mode.Delay;
        lock (_lock) return mode.Delay + TimeSpan.FromMicroseconds(_random.Below(jitter));
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        Set(ProxyFault.Reset);
        await _accepting;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_closing.Token);
                serving.RemoveAll(task => task.IsCompleted);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closing.
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Socket client)
    {
        using var connection = new ProxiedConnection(client, this);
        bool isRefused;
        lock (_lock)
        {
            _connections.Add(connection);
            isRefused = _mode.Fault == ProxyFault.Reset || _closing.IsCancellationRequested;
        }

        if (isRefused) connection.Reset();
        else await connection.RunAsync(_target);
        lock (_lock) _connections.Remove(connection);
    }
}
