using System.Net.Sockets;
using System.Text;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Logs;

/// <summary>What anybody can make the framework log is a few lines a minute, and counted.</summary>
public sealed class FloodsTests
{
    private const int Streams = 200;

    [Fact]
    public async Task Connections_that_are_aborted_for_never_reading_leave_a_few_lines_and_a_count()
    {
        await using var store = new TestStore();
        await using var server = await ServerProcess.StartAsync(store);
        server.ExpectedErrors.Add("output operations maximum queue size");
        server.ExpectedErrors.Add("Unhandled exception while processing");

        await Eventually.IsTrueAsync(
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => AbuseAsync(server.GrpcAddress.Port))));
                return await server.SumAsync("keyservice_log_lines_total", "written=\"false\"") > 0;
            },
            "lines were left out");

        server.Output.Count(line => line.StartsWith("crit: Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(2 * 2 * 10);
        (await server.SumAsync("keyservice_log_lines_total", "written=\"true\"")).ShouldBeGreaterThan(0);
    }

    /// <summary>Many streams whose answers are never read.</summary>
    private static async Task AbuseAsync(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 };
        using var bytes = new MemoryStream();
        bytes.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        WriteFrame(bytes, type: 4, flags: 0, stream: 0, []);
        byte[] head = [0x83, 0x86, .. Literal(":path", "/a.b/c"), .. Literal(":authority", "x"), .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers")];
        for (var i = 0; i < Streams; i++) WriteFrame(bytes, type: 1, flags: 5, stream: 1 + (2 * i), head);
        try
        {
            await socket.ConnectAsync("127.0.0.1", port);
            await socket.SendAsync(bytes.ToArray());
            await Task.Delay(20);
        }
        catch (SocketException)
        {
            // Aborted by the server, as it should be.
        }
    }

    private static void WriteFrame(MemoryStream bytes, byte type, byte flags, int stream, byte[] payload)
    {
        bytes.Write([(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags]);
        bytes.Write([(byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream]);
        bytes.Write(payload);
    }

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
