using KeyService.Server.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// Bounds the calls of <c>grpc.health.v1</c>, which need no credential: a few on each connection, so that one client cannot take what others need, with a
/// message that is small and there soon. Watches, which have no end, are bounded over all connections of a listener too, and divided among callers and addresses.
/// </summary>
internal sealed class HealthCalls(Metrics metrics, TimeProvider time)
{
    private const string Service = "/grpc.health.v1.Health";

    /// <summary>The name of a service.</summary>
    private const int MaxMessageBytes = 1024;

    public Task InvokeAsync(HttpContext http, RequestDelegate next) => http.Request.Path.StartsWithSegments(Service, StringComparison.Ordinal, out var rpc)
        ? AdmitAsync(http, next, isWatch: rpc.Equals("/Watch", StringComparison.Ordinal))
        : next(http);

    private async Task AdmitAsync(HttpContext http, RequestDelegate next, bool isWatch)
    {
        var quota = http.Features.GetRequiredFeature<ConnectionQuota>();
        if (!quota.TryBeginHealthCall(isWatch))
        {
            await RefuseAsync(http);
            return;
        }

        try
        {
            using var permit = isWatch ? http.Features.GetRequiredFeature<CallPermits>().Take(CallClass.Watch, quota.Holder, http, out _) : null;
            if (isWatch && permit is null)
            {
                await RefuseAsync(http);
                return;
            }

            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxMessageBytes + GrpcFrames.HeaderLength;
            if (GrpcHeaders.AreOfGrpc(http.Request) && await GrpcBodies.RefuseAsync(http, MaxMessageBytes, time) is { } error) error.Send(http.Response);
            else await next(http);
        }
        finally
        {
            quota.EndHealthCall(isWatch);
        }
    }

    private Task RefuseAsync(HttpContext http)
    {
        metrics.Called("Health", nameof(global::Grpc.Core.StatusCode.ResourceExhausted), time.GetTimestamp());
        return FixedError.Overloaded.SendAsync(http, CallClass.Watch);
    }
}
