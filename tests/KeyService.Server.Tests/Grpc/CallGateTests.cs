using KeyService.Server.Grpc;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Grpc;

public class CallGateTests
{
    private readonly CallGate _gate = new(Samples.Metrics(), new OverloadLog(Samples.Metrics(), TimeProvider.System, NullLogger<OverloadLog>.Instance), TimeProvider.System);
    private readonly CallPermits _permits = new(new() { MaxValidations = 1, MaxManagementCalls = 1 });
    private readonly TaskCompletionSource _work = new();
    private int _letIn;

    [Fact]
    public async Task A_call_keeps_its_place_until_it_is_over_even_when_it_fails()
    {
        var first = InvokeAsync("/v1/caller", "GetCaller", out _);
        await InvokeAsync("/v1/caller", "GetCaller", out var refused);
        (_letIn, refused.Response.StatusCode).ShouldBe((1, StatusCodes.Status429TooManyRequests));

        _work.SetException(new InvalidOperationException());
        await Should.ThrowAsync<InvalidOperationException>(first);

        await Should.ThrowAsync<InvalidOperationException>(InvokeAsync("/v1/caller", "GetCaller", out _));
        _letIn.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_gRPC_call_is_told_in_headers_and_its_body_is_not_touched()
    {
        _ = InvokeAsync("/v1/caller", "GetCaller", out _);

        await InvokeAsync("/keyservice.v1.ApiKeyService/GetKey", "GetKey", out var refused);

        refused.Response.StatusCode.ShouldBe(StatusCodes.Status200OK);
        refused.Response.Headers["grpc-status"].ToString().ShouldBe("8");
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(refused.Response.Headers[WireError.DetailsHeader].ToString()));
        status.GetDetail<Google.Rpc.ErrorInfo>()!.Reason.ShouldBe("OVERLOADED");
        status.GetDetail<Google.Rpc.RetryInfo>().ShouldNotBeNull();
    }

    [Fact]
    public async Task What_is_no_call_of_the_contract_needs_no_place()
    {
        _ = InvokeAsync("/v1/caller", "GetCaller", out _);
        _ = InvokeAsync("/v1/keys:validate", "ValidateKey", out _);
        _work.SetResult();

        await InvokeAsync("/health/live", rpc: null, out var health);

        (_letIn, health.Response.StatusCode).ShouldBe((3, StatusCodes.Status200OK));
    }

    [Theory]
    [InlineData("ValidateKeys", 1_024)]
    [InlineData("CreateKey", 256)]
    public async Task Each_rpc_has_its_own_limit(string rpc, int kibibytes)
    {
        _work.SetResult();

        await InvokeAsync("/v1/something", rpc, out var http);

        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize.ShouldBe((kibibytes * 1024) + 5);
    }

    private Task InvokeAsync(string path, string? rpc, out HttpContext context)
    {
        var http = new DefaultHttpContext();
        context = http;
        http.Request.Path = path;
        http.Request.Body = new Untouchable();
        http.Features.Set(_permits);
        http.Features.Set<IHttpMaxRequestBodySizeFeature>(new Limit());
        if (rpc is not null) http.SetEndpoint(new Endpoint(requestDelegate: null, new EndpointMetadataCollection(CallRules.Of(rpc)), rpc));
        return _gate.InvokeAsync(http, async _ =>
        {
            _letIn++;
            await _work.Task;
        });
    }

    private sealed class Limit : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }

    private sealed class Untouchable : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidOperationException("read");

        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("read");
    }
}
