using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>A call holds nothing before its caller is known and may make it: it is answered while its message is on its way.</summary>
public sealed class UnauthenticatedTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData("SetStatus", "")]
    [InlineData("SetStatus", "Bearer x")]
    [InlineData("SetStatus", "Bearer a.b.c")]
    [InlineData("ValidateKey", "")]
    [InlineData("ValidateKeys", "")]
    [InlineData("ValidateKey", "", "grpc-encoding", "identity")]
    [InlineData("ValidateKeys", "Bearer x", "x-keyservice-actor", "somebody")]
    public async Task Over_gRPC_a_call_without_a_good_credential_is_refused_before_its_message_is_there(string rpc, string authorization, string header = "x-none", string value = "")
    {
        using var raw = new RawGrpc(_server) { Authorization = authorization };
        var never = new TaskCompletionSource();
        using var body = new HalfBody(RawGrpc.Frame(new byte[500], length: 60_000), _ => never.Task);

        var answer = await raw.SendAsync(rpc, body, headers: (header, value)).WaitAsync(TimeSpan.FromSeconds(8));

        answer.Error.ShouldBe(StatusCode.Unauthenticated, authorization.Length == 0 ? "NO_CREDENTIAL" : "BAD_CREDENTIAL");
        never.SetResult();
    }

    /// <summary>The connection knows the credential, which is valid, and may not validate.</summary>
    [Theory]
    [InlineData("ValidateKey")]
    [InlineData("ValidateKeys")]
    public async Task Over_gRPC_a_credential_without_the_permission_is_refused_before_its_message_is_there(string rpc)
    {
        var workspace = TestWorkspace.New(shared);
        using var raw = new RawGrpc(_server) { Authorization = $"Bearer {(await workspace.CreateCredentialAsync(["keys:read"], [workspace.Id])).ApiKey}" };
        await raw.SendAsync("GetCaller", RawGrpc.Frame([]));
        var never = new TaskCompletionSource();
        using var body = new HalfBody(RawGrpc.Frame(new byte[500], length: 60_000), _ => never.Task);

        var answer = await raw.SendAsync(rpc, body).WaitAsync(TimeSpan.FromSeconds(8));

        answer.Error.Code.ShouldBe(StatusCode.PermissionDenied);
        never.SetResult();
    }

    [Theory]
    [InlineData("", HttpStatusCode.Unauthorized)]
    [InlineData("narrow", HttpStatusCode.Forbidden)]
    [InlineData("of another workspace", HttpStatusCode.Forbidden)]
    public async Task Over_JSON_a_call_that_may_not_be_made_is_refused_before_its_message_is_there(string caller, HttpStatusCode status)
    {
        var workspace = TestWorkspace.New(shared);
        var credential = caller switch
        {
            "" => "",
            "narrow" => (await workspace.CreateCredentialAsync(["keys:validate"], [workspace.Id])).ApiKey,
            _ => (await workspace.CreateCredentialAsync(["keys:write"], [TestWorkspace.New(shared).Id])).ApiKey,
        };

        var line = await HalfAsync(_server, workspace.Id, credential);

        line.ShouldStartWith($"HTTP/1.1 {(int)status}");
    }

    [Fact]
    public async Task A_credential_that_is_switched_off_while_the_message_is_on_its_way_does_not_hold()
    {
        var workspace = TestWorkspace.New(shared);
        var credential = await workspace.CreateCredentialAsync(["keys:write"], [workspace.Id]);
        await _server.Client.GetCallerAsync(new(), TestServer.As(credential.ApiKey));
        var frame = RawGrpc.Frame(workspace.KeyRequest());
        using var raw = new RawGrpc(_server) { Authorization = $"Bearer {credential.ApiKey}" };
        using var body = new HalfBody(frame[..8], async stream =>
        {
            await _server.Client.SetStatusAsync(
                new() { WorkspaceId = "system", KeyId = credential.Key.KeyId, Status = Contracts.V1.KeyStatus.Disabled }, _server.Root);
            // A change takes longer; the server takes an authentication for recent for 100 ms.
            await DeliberateDelay.ForAsync(150, "an authentication that is no longer recent");
            await stream.WriteAsync(frame.AsMemory(8));
        });

        var answer = await raw.SendAsync("CreateKey", body);

        answer.Error.ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_has_few_watches_of_health_and_takes_them_from_no_other()
    {
        using var channel = GrpcChannel.ForAddress(_server.GrpcAddress);
        using var other = GrpcChannel.ForAddress(_server.GrpcAddress);
        var health = new Health.HealthClient(channel);
        using var first = health.Watch(new());
        using var second = health.Watch(new());
        (await first.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        (await second.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();

        using (var third = health.Watch(new()))
        {
            (await Should.ThrowAsync<RpcException>(() => third.ResponseStream.MoveNext(CancellationToken.None))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        }

        (await health.CheckAsync(new())).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        using var elsewhere = new Health.HealthClient(other).Watch(new());
        (await elsewhere.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        first.Dispose();
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var again = health.Watch(new());
                try
                {
                    return await again.ResponseStream.MoveNext(CancellationToken.None);
                }
                catch (RpcException)
                {
                    return false;
                }
            },
            "a watch that ended leaves its place");
    }

    [Fact]
    public async Task A_client_that_does_not_read_the_metrics_holds_up_no_other()
    {
        var slow = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 8; i++)
            {
                var client = new TcpClient { ReceiveBufferSize = 1_024 };
                slow.Add(client);
                await client.ConnectAsync("127.0.0.1", _server.HttpAddress.Port);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 100))));
            }

            for (var i = 0; i < 3; i++)
            {
                // Another page each time.
                await DeliberateDelay.ForAsync(350, "the page is composed anew after that");
                // Far below what the server gives such a client for a page: 1 s for 240 bytes.
                (await _server.Http.GetStringAsync("/metrics").WaitAsync(TimeSpan.FromSeconds(20))).ShouldContain("keyservice_lookups_total");
            }
        }
        finally
        {
            slow.ForEach(client => client.Dispose());
        }
    }

    /// <summary>The first line of the answer to a CreateKey of which half is sent.</summary>
    private static async Task<string> HalfAsync(TestServer server, string workspace, string credential)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.HttpAddress.Port);
        await using var stream = client.GetStream();
        var authorization = credential.Length == 0 ? "" : $"Authorization: Bearer {credential}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/workspaces/{workspace}/keys HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{\"name\":\""));
        return await new StreamReader(stream).ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(8)) ?? "";
    }
}
