using System.Net;
using System.Net.Sockets;
using KeyService.Testing.Faults;

namespace KeyService.Testing.Tests.Faults;

/// <summary>Says what it hears.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;
    private int _heard;

    public EchoServer()
    {
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _serving = ServeAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>How many bytes it heard.</summary>
    public int Heard => Volatile.Read(ref _heard);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true) clients.Add(EchoAsync(await _listener.AcceptSocketAsync(_closing.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Closing.
        }

        await Task.WhenAll(clients);
    }

    private async Task EchoAsync(Socket client)
    {
        using (client)
        {
            var buffer = new byte[4_096];
            try
            {
                while (await client.ReceiveAsync(buffer, _closing.Token) is var length and > 0)
                {
                    Interlocked.Add(ref _heard, length);
                    await client.SendAsync(buffer.AsMemory(0, length), _closing.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The client is gone, or we are.
            }
        }
    }
}
