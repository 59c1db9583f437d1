using System.Net.Sockets;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Logs;

/// <summary>What anybody can make the framework log is a few lines a minute, and counted.</summary>
public sealed class FloodsTests
{
    private static readonly byte[] Calls = RawHttp2.ShortCalls(160, "/a.b/c");

    [Fact]
    public async Task Connections_that_are_aborted_for_never_reading_leave_a_few_lines_and_a_count()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
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
        try
        {
            await socket.ConnectAsync("127.0.0.1", port);
            await socket.SendAsync(
                (byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Http2Frames.Of(type: 4, flags: 0, id: 0, []), .. Calls]);
            await DeliberateDelay.ForAsync(20, "answers pile up meanwhile");
        }
        catch (SocketException)
        {
            // Aborted by the server, as it should be.
        }
    }
}
