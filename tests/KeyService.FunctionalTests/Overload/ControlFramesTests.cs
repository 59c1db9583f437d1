using System.Diagnostics;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>Frames that the protocol answers by itself, from clients that present no credential and read no answer.</summary>
public sealed class ControlFramesTests
{
    private const int Connections = 200;

    /// <summary>Bytes: with Kestrel's default limit of what is received and not read, each takes more than 1 MiB.</summary>
    private const long MostOfEach = 512 * 1024;

    private static readonly byte[] Pings =
        [.. Enumerable.Range(0, 4_000).SelectMany(_ => Http2Frames.Of(Http2Frames.Ping, 0, 0, new byte[8]))];

    [Fact]
    public async Task Unread_answers_to_PINGs_take_little_memory_while_others_are_answered()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        (await server.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
        var before = MemoryOf(server);
        var flood = new List<RawHttp2>();
        try
        {
            for (var i = 0; i < Connections; i++) flood.Add(await RawHttp2.ConnectAsync(server.GrpcAddress.Port));
            // Until the server takes no more of it.
            var sending = flood.ConvertAll(async raw =>
            {
                for (var i = 0; i < 200; i++) await raw.SendAsync(Pings);
            });
            for (var i = 0; i < 20; i++)
            {
                (await server.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
                await DeliberateDelay.ForAsync(100, "the flood goes on between two calls");
            }

            sending.ShouldContain(task => !task.IsCompleted, "the flood ended before it was measured");
            (MemoryOf(server) - before).ShouldBeLessThan(Connections * MostOfEach);
        }
        finally
        {
            flood.ForEach(raw => raw.Dispose());
        }
    }

    private static long MemoryOf(TestServer server) => Process.GetProcessById(server.Id).WorkingSet64;
}
