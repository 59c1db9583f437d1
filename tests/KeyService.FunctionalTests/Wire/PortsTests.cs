using System.Net;
using System.Text;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Wire;

public sealed class PortsTests(SharedServer shared)
{
    private readonly TestServer _server = shared.Server;

    [Fact]
    public async Task The_grpc_port_refuses_json()
    {
        using var raw = new RawGrpc(_server);

        var (code, http, _, _) = await raw.SendAsync("GetCaller", "{}"u8.ToArray(), contentType: "application/json");
        using var client = new HttpClient { BaseAddress = _server.GrpcAddress, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var path in new[] { "/v1/caller", "/metrics", "/health/ready" })
        {
            using var response = await client.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }

        http.ShouldNotBe(HttpStatusCode.OK);
        code.ShouldNotBe(StatusCode.OK);
    }

    [Fact]
    public async Task The_http_port_refuses_grpc()
    {
        using var content = new ByteArrayContent(RawGrpc.Frame([]));
        content.Headers.ContentType = new("application/grpc");

        var answer = await JsonAnswer.Post(_server, "/keyservice.v1.ApiKeyService/GetCaller", content);
        var asJson = await JsonAnswer.Post(_server, "/keyservice.v1.ApiKeyService/GetCaller", "{}");
        using var channel = GrpcChannel.ForAddress(_server.HttpAddress);
        var overHttp2 = await Should.ThrowAsync<RpcException>(
            async () => await new ApiKeyService.ApiKeyServiceClient(channel).GetCallerAsync(new(), _server.Root));

        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        asJson.Status.ShouldNotBe(HttpStatusCode.OK);
        overHttp2.StatusCode.ShouldNotBe(StatusCode.OK);
    }

    [Fact]
    public async Task Health_is_told_on_both_ports_without_a_credential()
    {
        using var channel = GrpcChannel.ForAddress(_server.GrpcAddress);
        var health = await new Health.HealthClient(channel).CheckAsync(new());

        health.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
        foreach (var path in new[] { "/health/live", "/health/ready" })
        {
            var answer = await JsonAnswer.Send(_server, new(HttpMethod.Get, path), "");
            (answer.Status, answer.Text).ShouldBe((HttpStatusCode.OK, "Healthy"));
        }
    }

    [Theory]
    [InlineData("rpc_server_call_duration_seconds_count")]
    [InlineData("keyservice_lookups_total")]
    [InlineData("keyservice_verdicts_total")]
    [InlineData("keyservice_cache_entries")]
    [InlineData("keyservice_audit_head_events")]
    [InlineData("keyservice_audit_head_fingerprint")]
    [InlineData("keyservice_redis_breaker_open")]
    [InlineData("keyservice_usage_flushed_total")]
    public async Task Metrics_have_the_instruments_of_the_service_and_no_secret(string instrument)
    {
        var workspace = TestWorkspace.New(shared);
        var created = await workspace.CreateAsync();
        await workspace.ValidateAsync(created.ApiKey);

        var metrics = await Eventually.Get(
            async () => (await JsonAnswer.Send(_server, new(HttpMethod.Get, "/metrics"), "")).Text,
            text => text.Contains($"\n{instrument}", StringComparison.Ordinal), TimeSpan.FromSeconds(15));

        metrics.ShouldNotContain(created.ApiKey[8..40]);
        metrics.ShouldNotContain(created.Key.KeyId);
        metrics.ShouldNotContain(created.Key.WorkspaceId);
    }

    [Fact]
    public async Task The_duration_of_calls_is_told_in_fractions_of_a_second()
    {
        await _server.Client.GetCallerAsync(new(), _server.Root);

        await Eventually.IsTrueAsync(
            async () => (await _server.MetricsAsync()).Split('\n').Any(line =>
                line.StartsWith("rpc_server_call_duration_seconds_bucket", StringComparison.Ordinal) && line.Contains("le=\"0.001\"")),
            "there is a bucket of 1 ms");
    }

    [Fact]
    public async Task Reflection_is_absent_in_production()
    {
        using var channel = GrpcChannel.ForAddress(_server.GrpcAddress);

        (await ReflectAsync(channel)).ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Reflection_is_there_in_development()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store, ("DOTNET_ENVIRONMENT", "Development"));
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress);

        (await ReflectAsync(channel)).ShouldBe(StatusCode.OK);
    }

    private static async Task<StatusCode> ReflectAsync(GrpcChannel channel)
    {
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        try
        {
            try
            {
                await call.RequestStream.WriteAsync(new() { ListServices = "" });
                await call.RequestStream.CompleteAsync();
            }
            catch (RpcException)
            {
                // The refusal was here before the request had left: reading tells which it was.
            }

            await call.ResponseStream.MoveNext(CancellationToken.None);
            call.ResponseStream.Current.ListServicesResponse.Service.ShouldContain(s => s.Name == "keyservice.v1.ApiKeyService");
            while (await call.ResponseStream.MoveNext(CancellationToken.None)) { }
            return call.GetStatus().StatusCode;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }
}
