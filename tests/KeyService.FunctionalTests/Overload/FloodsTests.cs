using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>Whatever a connection does, others are served.</summary>
public sealed class FloodsTests(SharedServer shared)
{
    private const string CallerPath = "/keyservice.v1.ApiKeyService/GetCaller";

    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData(1_000, 4)]
    [InlineData(65, 4)]
    [InlineData(20, 1_000)]
    public async Task Too_many_headers_are_refused(int count, int length)
    {
        using var raw = new RawGrpc(_server);
        var flood = Enumerable.Range(0, count).Select(i => ($"x-flood-{i}", new string('a', length))).ToArray();

        try
        {
            (await raw.SendAsync("GetCaller", RawGrpc.Frame([]), headers: flood)).Code.ShouldNotBe(StatusCode.OK);
        }
        catch (HttpRequestException)
        {
            // Refused with the stream or the connection.
        }

        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/caller");
        foreach (var (name, value) in flood) request.Headers.TryAddWithoutValidation(name, value);
        (await JsonAnswer.Send(_server, request, _server.RootCredential)).Status.ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        await ShouldServeAsync(_server);
    }

    [Fact]
    public async Task Headers_that_trickle_in_are_given_up()
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _server.HttpAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("GET /v1/caller HTTP/1.1\r\nHost: localhost\r\nx-slow: "u8.ToArray());

        (await new StreamReader(stream).ReadToEndAsync()).ShouldNotContain("HTTP/1.1 200");
        await ShouldServeAsync(_server);
    }

    [Fact]
    public async Task Calls_that_are_reset_at_once_harm_nobody_else()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        // Kestrel says so when it ends the connection.
        server.ExpectedErrors.Add("exceeded the output operations maximum queue size");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.GrpcAddress.Port);
        await using var stream = client.GetStream();
        var reading = ReadToEndAsync(stream);
        try
        {
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
            await stream.WriteAsync(Http2Frames.Of(Http2Frames.Settings, 0, 0, []));
            for (var id = 1; id < 200_000 && !reading.IsCompleted; id += 2)
            {
                var reset = Http2Frames.Of(Http2Frames.Reset, 0, id, [0, 0, 0, 8]);
                await stream.WriteAsync((byte[])[.. Http2Frames.Call(id, CallerPath, server.RootCredential, isWhole: false), .. reset]);
            }
        }
        catch (IOException)
        {
            // The server has had enough.
        }

        await ShouldServeAsync(server);
        // Where the server did not end the connection, this does.
        client.Close();
        await reading;
        await ShouldServeAsync(server);
    }

    /// <summary>Scans that hold the database and a processor for tens of milliseconds each must not hold up those who need neither.</summary>
    [Fact]
    public async Task Beside_scans_of_many_keys_more_validations_are_answered_than_scans()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using var server = await TestServer.StartAsync(store);
        var key = (await server.CreateKeysAsync("scanned", 1)).Single();
        await KeyCopies.CopyKeyAsync(store.DataDirectory, key.Key.KeyId, copies: 100_000);
        var root = server.Root;
        await server.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, root);
        await using var flood = Flood.OfScans(server, "scanned");
        await Eventually.IsTrueAsync(() => flood.Answers >= 3, "scans are answered", seconds: 60);

        var before = flood.Answers;
        const int Validations = 100;
        for (var i = 0; i < Validations; i++) (await server.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, root)).Verdict.ShouldBe(Verdict.Valid);

        (flood.Answers - before).ShouldBeLessThan(Validations);
        flood.Refusals.ShouldBe(0);
    }

    private static async Task ShouldServeAsync(TestServer server)
    {
        (await server.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
        (await JsonAnswer.Get(server, "/v1/caller")).ShouldBeOk();
    }

    private static async Task ReadToEndAsync(NetworkStream stream)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Reset, or closed.
        }
    }
}
