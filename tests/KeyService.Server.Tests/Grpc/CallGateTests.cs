using Grpc.Core;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Grpc;

/// <summary>Headers, credential, permission, permit, body: whatever a call lacks is answered before anything after it is touched.</summary>
public class CallGateTests
{
    private const string GrpcPath = "/keyservice.v1.ApiKeyService/";

    private readonly LookupRig _rig = new();
    private readonly CallGate _gate;
    private readonly CallPermits _permits = new(new() { MaxValidations = 1, MaxManagementCalls = 1 });
    private readonly TaskCompletionSource _work = new();
    private int _letIn;

    public CallGateTests()
    {
        var metrics = Samples.Metrics();
        var overloads = new OverloadLog(metrics, TimeProvider.System, NullLogger<OverloadLog>.Instance);
        _gate = new(
            new(_rig.Credentials, new(new(), Samples.MasterKeys, _rig.Time, NullLogger<CallerAddress>.Instance), _rig.Time), new(metrics, new(metrics, TimeProvider.System, NullLogger<OutageLog>.Instance), new(metrics, TimeProvider.System, NullLogger<FaultLog>.Instance), overloads, NullLogger<CallFailures>.Instance),
            metrics, overloads, _rig.Time);
        _rig.Remember(Samples.Record(workspaceId: Workspaces.System) with { Scopes = ["keys:read", "keys:validate"], PermittedWorkspaces = ["wallet-a"] });
    }

    [Fact]
    public async Task A_call_keeps_its_permit_until_it_is_over_even_when_it_fails()
    {
        var first = InvokeAsync("/v1/caller", "GetCaller", out _);
        await InvokeAsync("/v1/caller", "GetCaller", out var refused);
        (_letIn, refused.Response.StatusCode).ShouldBe((1, StatusCodes.Status429TooManyRequests));
        refused.Response.Headers.RetryAfter.ToString().ShouldBe("1");

        _work.SetException(new InvalidOperationException());
        await Should.ThrowAsync<InvalidOperationException>(first);

        await Should.ThrowAsync<InvalidOperationException>(InvokeAsync("/v1/caller", "GetCaller", out _));
        _letIn.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_gRPC_call_is_told_in_headers_and_its_body_is_not_touched()
    {
        _ = InvokeAsync("/v1/caller", "GetCaller", out _);

        await InvokeAsync(GrpcPath + "GetKey", "GetKey", out var refused);

        refused.Response.StatusCode.ShouldBe(StatusCodes.Status200OK);
        StatusOf(refused).ShouldBe(StatusCode.ResourceExhausted);
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(refused.Response.Headers[WireError.DetailsHeader].ToString()));
        status.GetDetail<Google.Rpc.ErrorInfo>()!.Reason.ShouldBe("OVERLOADED");
        status.GetDetail<Google.Rpc.RetryInfo>().ShouldNotBeNull();
        refused.Response.Headers["grpc-retry-pushback-ms"].ToString().ShouldBe("1000");
    }

    [Theory]
    [InlineData("GetKey", "")]
    [InlineData("GetKey", "Bearer nonsense")]
    [InlineData("ValidateKey", "Bearer ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j50")]
    [InlineData("ValidateKeys", "Basic x")]
    public async Task A_call_without_a_good_credential_is_refused_with_its_body_untouched_and_holds_nothing(string rpc, string credential)
    {
        await InvokeAsync(GrpcPath + rpc, rpc, out var refused, credential);
        await InvokeAsync("/v1/something", rpc, out var overJson, credential);

        StatusOf(refused).ShouldBe(StatusCode.Unauthenticated);
        overJson.Response.StatusCode.ShouldBe(StatusCodes.Status401Unauthorized);
        _rig.Engine.ReadCount.ShouldBe(0);
        _ = InvokeAsync("/v1/something", rpc, out _);
        _letIn.ShouldBe(1, "the permit is free");
    }

    [Theory]
    [InlineData("SetStatus", "wallet-a")]
    [InlineData("CreateKey", "wallet-a")]
    [InlineData("GetKey", "wallet-b")]
    [InlineData("ListKeys", "system")]
    public async Task A_call_without_the_permission_is_refused_with_its_body_untouched_and_holds_nothing(string rpc, string workspace)
    {
        await InvokeAsync($"/v1/workspaces/{workspace}/keys", rpc, out var refused, workspace: workspace);

        (_letIn, refused.Response.StatusCode).ShouldBe((0, StatusCodes.Status403Forbidden));
        _ = InvokeAsync("/v1/caller", "GetCaller", out _);
        _letIn.ShouldBe(1, "the permit is free");
    }

    [Theory]
    [InlineData("SetStatus")]
    [InlineData("RevealKey")]
    [InlineData("ListAuditEvents")]
    public async Task Over_gRPC_a_caller_that_has_the_permission_nowhere_is_refused_before_the_body(string rpc)
    {
        await InvokeAsync(GrpcPath + rpc, rpc, out var refused);

        StatusOf(refused).ShouldBe(StatusCode.PermissionDenied);
        _letIn.ShouldBe(0);
    }

    [Fact]
    public async Task A_credential_that_has_to_be_looked_up_holds_no_permit_meanwhile()
    {
        _rig.Commit(revision: 9);
        _ = InvokeAsync("/v1/caller", "GetCaller", out _);
        await _rig.Engine.NextReadAsync();
        _letIn.ShouldBe(0);

        _permits.Take(CallClass.Management, "another", new DefaultHttpContext(), out _).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("Identity, gzip")]
    [InlineData("Identity")]
    public async Task A_compression_is_refused_before_the_credential(string encoding)
    {
        await InvokeAsync(GrpcPath + "GetKey", "GetKey", out var refused, "", encoding: encoding);

        StatusOf(refused).ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task What_is_no_call_of_the_contract_needs_neither_credential_nor_permit()
    {
        _ = InvokeAsync("/v1/caller", "GetCaller", out _);
        _ = InvokeAsync("/v1/keys:validate", "ValidateKey", out _);
        _work.SetResult();

        await InvokeAsync("/health/live", rpc: null, out var health, "");

        (_letIn, health.Response.StatusCode).ShouldBe((3, StatusCodes.Status200OK));
    }

    [Theory]
    [InlineData("ValidateKeys", 1_024)]
    [InlineData("ListKeys", 256)]
    public async Task Each_rpc_has_its_own_limit(string rpc, int kibibytes)
    {
        _work.SetResult();

        await InvokeAsync("/v1/something", rpc, out var http);

        http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize.ShouldBe((kibibytes * 1024) + 5);
    }

    private static StatusCode StatusOf(HttpContext http) => (StatusCode)int.Parse(http.Response.Headers["grpc-status"].ToString(), System.Globalization.CultureInfo.InvariantCulture);

    private Task InvokeAsync(
        string path, string? rpc, out HttpContext context, string credential = $"Bearer {PinnedKey.ApiKey}", string? workspace = null, string encoding = "")
    {
        var http = new DefaultHttpContext();
        context = http;
        http.Request.Method = HttpMethods.Post;
        http.Request.Protocol = HttpProtocol.Http2;
        http.Request.Path = path;
        if (path.StartsWith(GrpcPath, StringComparison.Ordinal)) http.Request.ContentType = "application/grpc";
        if (credential.Length > 0) http.Request.Headers.Authorization = credential;
        if (encoding.Length > 0) http.Request.Headers["grpc-encoding"] = encoding;
        if (workspace is not null) http.Request.RouteValues["workspace_id"] = workspace;
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
