using System.Net.Sockets;
using KeyService.Testing;

namespace KeyService.Benchmarks.Fair;

/// <summary>
/// A flood without a credential, as bytes over many connections: HTTP/2 frames that the protocol answers by itself, whose answers
/// are not read; and calls, whose answers are read and which the server refuses.
/// </summary>
internal static class AnonymousFlood
{
    private const int Connections = 300;
    private const string Pings = "PINGs without a credential";
    private const string Settings = "SETTINGS without a credential";
    private const string Calls = "calls without a credential";
    private const string Path = "/keyservice.v1.ApiKeyService/ValidateKey";

    /// <summary>Calls at a time of a connection: fewer than the server allows.</summary>
    private const int Batch = 45;

    public static IReadOnlyList<string> Names { get; } = [Pings, Settings, Calls];

    /// <summary>Until the input of this process ends.</summary>
    /// <returns>What became of it.</returns>
    public static async Task<string> RunAsync(string name, Uri server)
    {
        using var end = new CancellationTokenSource();
        long sent = 0;
        var ended = 0;
        var senders = Enumerable.Range(0, Connections).Select(_ => Task.Run(SendAsync)).ToList();
        await Console.In.ReadToEndAsync();
        await end.CancelAsync();
        await Task.WhenAll(senders);
        return FormattableString.Invariant($"the flood sent {sent / 1_000_000} MB, and {ended} of its connections were ended");

        async Task SendAsync()
        {
            while (!end.IsCancellationRequested)
            {
                using var client = new TcpClient();
                try
                {
                    await client.ConnectAsync(server.Host, server.Port, end.Token);
                    await FloodAsync(client.GetStream());
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    Interlocked.Increment(ref ended);
                }
                catch (OperationCanceledException)
                {
                    // The end, or the server takes no more of this connection.
                }
            }
        }

        async Task FloodAsync(NetworkStream stream)
        {
            await stream.WriteAsync(
                (byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Http2Frames.Of(Http2Frames.Settings, 0, 0, [])], end.Token);
            var answers = new byte[64 * 1024];
            for (var id = 1; id < int.MaxValue - (2 * Batch); id += 2 * Batch)
            {
                var bytes = name switch
                {
                    Pings => Many(400, _ => Http2Frames.Of(Http2Frames.Ping, 0, 0, new byte[8])),
                    Settings => Many(750, _ => Http2Frames.Of(Http2Frames.Settings, 0, 0, [])),
                    _ => Many(Batch, i => Http2Frames.Call(id + (2 * i), Path, "ks_live_unknown", isWhole: true)),
                };
                using var full = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
                full.CancelAfter(TimeSpan.FromSeconds(1));
                await stream.WriteAsync(bytes, full.Token);
                Interlocked.Add(ref sent, bytes.Length);
                if (name == Calls && await stream.ReadAsync(answers, end.Token) == 0)
                    throw new IOException("The server closed the connection.");
            }
        }
    }

    private static byte[] Many(int count, Func<int, byte[]> frame) => [.. Enumerable.Range(0, count).SelectMany(frame)];
}
