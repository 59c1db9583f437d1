using System.Net;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using KeyService.FunctionalTests.Overload;

namespace KeyService.FunctionalTests.Wire;

/// <summary>Gateways put the calls of many callers on one HTTP/2 connection: what is wrong with one of them fails that one alone.</summary>
public sealed class SharedConnectionTests(SharedServer shared)
{
    private const string CallerPath = "/keyservice.v1.ApiKeyService/GetCaller";

    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData("GetCaller", 1, 20_000)]
    [InlineData("GetCaller", 1, 60_000)]
    [InlineData("GetCaller", 130, 10)]
    [InlineData("GetCaller", 900, 10)]
    [InlineData("GetCaller", 40, 1_000)]
    [InlineData("ValidateKey", 1, 20_000)]
    [InlineData("ValidateKey", 65, 10)]
    [InlineData("ValidateKeys", 3, 15_000)]
    public async Task A_call_with_too_many_or_too_long_headers_is_refused_alone(string rpc, int count, int length)
    {
        using var raw = new RawGrpc(_server);
        var end = new TaskCompletionSource();
        using var body = new HalfBody(RawGrpc.Frame(new GetCallerRequest()), _ => end.Task);
        var other = raw.SendAsync("GetCaller", body);

        var flood = Enumerable.Range(0, count).Select(i => ($"x-flood-{i}", new string('a', length))).ToArray();
        var refused = await raw.SendAsync(rpc, RawGrpc.Frame([]), headers: flood);

        refused.Error.ShouldBe(StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE");
        refused.Error.Retry.ShouldBeNull();
        refused.Error.Message.ShouldContain("headers");
        end.SetResult();
        (await other).Code.ShouldBe(StatusCode.OK);
    }

    /// <summary>Beyond these Kestrel answers by itself; it is still one call.</summary>
    [Theory]
    [InlineData(3, 40_000)]
    [InlineData(1_500, 10)]
    public async Task Headers_far_above_the_limits_end_no_connection(int count, int length)
    {
        using var raw = await RawHttp2.ConnectAsync(_server.GrpcAddress.Port);

        var stream = await raw.CallAsync(CallerPath, "", null, [.. Enumerable.Range(0, count).Select(i => ($"x-flood-{i}", new string('a', length)))]);

        (await raw.ReadAsync(Http2Frames.Headers, stream)).ShouldNotBeNull();
        (await raw.IsAliveAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Over_HTTP1_headers_above_the_limits_are_told_as_JSON()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/caller");
        request.Headers.TryAddWithoutValidation("x-flood", new string('a', 20_000));

        (await JsonAnswer.Send(_server, request, _server.RootCredential)).ShouldBeError(HttpStatusCode.RequestHeaderFieldsTooLarge, 8, "MESSAGE_TOO_LARGE");
    }

    [Fact]
    public async Task More_calls_at_once_than_are_allowed_are_refused_alone()
    {
        using var raw = await RawHttp2.ConnectAsync(_server.GrpcAddress.Port);

        for (var i = 0; i < 60; i++) await raw.SendAsync(Http2Frames.Call((2 * i) + 1, CallerPath, _server.RootCredential, isWhole: false));

        // REFUSED_STREAM, which clients repeat.
        (await raw.ReadAsync(Http2Frames.Reset, 101)).ShouldNotBeNull().Payload.ShouldBe([0, 0, 0, 7]);
        (await raw.IsAliveAsync()).ShouldBeTrue();
    }

    /// <summary>As a gateway does whose callers have short deadlines.</summary>
    [Fact]
    public async Task Calls_that_are_given_up_by_the_thousand_end_no_connection()
    {
        using var raw = await RawHttp2.ConnectAsync(_server.GrpcAddress.Port);

        for (var batch = 0; batch < 40; batch++)
        {
            for (var i = 0; i < 50; i++)
            {
                var id = (2 * ((50 * batch) + i)) + 1;
                await raw.SendAsync(
                [
                    .. Http2Frames.Call(id, CallerPath, _server.RootCredential, isWhole: false),
                    .. Http2Frames.Of(Http2Frames.Reset, 0, id, [0, 0, 0, 8]),
                ]);
            }

            (await raw.IsAliveAsync()).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task An_answer_that_is_not_read_is_given_up_alone()
    {
        var workspace = TestWorkspace.New(shared);
        for (var i = 0; i < 30; i++) await workspace.CreateAsync();
        // SETTINGS_INITIAL_WINDOW_SIZE 0: the server may not send a byte of an answer.
        using var raw = await RawHttp2.ConnectAsync(_server.GrpcAddress.Port, 0, 4, 0, 0, 0, 0);

        var stream = await raw.CallAsync(
            "/keyservice.v1.ApiKeyService/ListKeys", _server.RootCredential, RawGrpc.Frame(new ListKeysRequest { WorkspaceId = workspace.Id }));

        (await raw.ReadAsync(Http2Frames.Reset, stream)).ShouldNotBeNull();
        (await raw.IsAliveAsync()).ShouldBeTrue();
        // Its errors need no window.
        (await raw.ReadAsync(Http2Frames.Headers, await raw.CallAsync(CallerPath, ""))).ShouldNotBeNull();
    }
}
