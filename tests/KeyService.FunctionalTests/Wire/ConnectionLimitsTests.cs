using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Wire;

/// <summary>What one connection may have.</summary>
public sealed class ConnectionLimitsTests(SharedServer shared)
{
    private const int HeaderLength = 9, Settings = 4, MaxConcurrentStreams = 3;

    [Fact]
    public async Task The_server_allows_50_calls_at_once_on_a_connection()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(shared.Server.GrpcAddress.Host, shared.Server.GrpcAddress.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), TestContext.Current.CancellationToken);
        var header = new byte[HeaderLength];
        await stream.ReadExactlyAsync(header, TestContext.Current.CancellationToken);
        header[3].ShouldBe((byte)Settings);
        var settings = new byte[(header[1] << 8) | header[2]];
        await stream.ReadExactlyAsync(settings, TestContext.Current.CancellationToken);

        settings.Chunk(6).Where(setting => setting[1] == MaxConcurrentStreams).Select(setting => BinaryPrimitives.ReadInt32BigEndian(setting.AsSpan(2))).ShouldBe([50]);
    }

    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(100, 10)]
    public async Task Headers_above_16_KiB_or_64_of_them_are_refused_and_the_next_good_call_works(int count, int length)
    {
        var headers = new Metadata();
        foreach (var entry in shared.Server.Root) headers.Add(entry);
        for (var i = 0; i < count; i++) headers.Add($"x-{i}", new string('a', length));

        await Should.ThrowAsync<RpcException>(shared.Server.Client.GetCallerAsync(new GetCallerRequest(), headers).ResponseAsync);

        (await shared.Server.Client.GetCallerAsync(new GetCallerRequest(), shared.Server.Root)).Permissions.ShouldNotBeEmpty();
    }

    /// <summary>More bytes than the connection's window, in frames of which the server sees a part at a time.</summary>
    [Fact]
    public async Task Many_long_bodies_at_a_time_leave_the_connection_open()
    {
        using var channel = GrpcChannel.ForAddress(
            shared.Server.GrpcAddress, new() { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false }, DisposeHttpClient = true });
        var client = new ApiKeyService.ApiKeyServiceClient(channel);
        var request = new CreateKeyRequest { WorkspaceId = SharedServer.NewWorkspace(), Name = "long", Description = new('a', 60_000) };
        // The connection's limits are known to the client with the first answer.
        await client.GetCallerAsync(new GetCallerRequest(), shared.Server.Root);

        var ends = new ConcurrentBag<string>();
        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (_, _) =>
            ends.Add((await CallError.Of(client.CreateKeyAsync(request, shared.Server.Root))).Message));

        ends.Distinct().ShouldHaveSingleItem().ShouldContain("description");
    }
}
