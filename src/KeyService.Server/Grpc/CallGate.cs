using System.Threading.RateLimiting;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// Lets in as many calls as the listener has places for, and tells all others at once to come back later: a server that takes on more than it can do
/// answers nobody in time. It stands behind <see cref="ValidateKeyAtOnce"/>, whose answers wait for nothing, and before everything that does.
/// </summary>
internal sealed class CallGate(Metrics metrics, OverloadLog overloads, TimeProvider time)
{
    private static readonly WireError ValidationOverloaded = new(GrpcErrors.Overloaded(CallClass.Validation));
    private static readonly WireError ManagementOverloaded = new(GrpcErrors.Overloaded(CallClass.Management));
    private static readonly JsonError ValidationOverloadedJson = new(GrpcErrors.Overloaded(CallClass.Validation));
    private static readonly JsonError ManagementOverloadedJson = new(GrpcErrors.Overloaded(CallClass.Management));

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<CallRules>() is not { } rules) return next(http);
        var place = http.Features.GetRequiredFeature<CallPermits>().Take(rules.Class);
        return place.IsAcquired ? LetInAsync(http, next, rules, place) : RefuseAsync(http, rules.Rpc, rules.Class);
    }

    /// <summary>Nothing is read, and nothing is made that was not made before.</summary>
    public Task RefuseAsync(HttpContext http, string rpc, CallClass kind)
    {
        metrics.Refused(kind == CallClass.Validation);
        overloads.Add(kind == CallClass.Validation);
        metrics.Called(rpc, nameof(global::Grpc.Core.StatusCode.ResourceExhausted), time.GetTimestamp());
        var isValidation = kind == CallClass.Validation;
        if (!JsonCalls.IsGrpcPath(http.Request.Path)) return (isValidation ? ValidationOverloadedJson : ManagementOverloadedJson).SendAsync(http);
        (isValidation ? ValidationOverloaded : ManagementOverloaded).Send(http.Response);
        return Task.CompletedTask;
    }

    private async Task LetInAsync(HttpContext http, RequestDelegate next, CallRules rules, RateLimitLease place)
    {
        using var _ = place;
        // Read-only where reading has begun: ValidateKey, whose limit is the listener's.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = rules.MaxMessageBytes + GrpcFrames.HeaderLength;
        if (JsonCalls.IsGrpcPath(http.Request.Path) && await GrpcBodies.RefuseAsync(http, rules.MaxMessageBytes, time) is { } error)
        {
            error.Send(http.Response);
            metrics.Called(rules.Rpc, error.Code.ToString(), time.GetTimestamp());
            return;
        }

        await next(http);
    }
}
