using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// Waits for the whole body of what is not a call of the contract (health, the console's forms), within <see cref="BodyBound"/>: what reads it then would wait for as long as the
/// connection lives. Over HTTP/1.1 Kestrel's least rate ends the connection before that; over HTTP/2 that rate is of a whole connection, and is not used.
/// </summary>
internal sealed class OtherBodies(TimeProvider time)
{
    private static readonly WireError TooLate = new(GrpcErrors.InvalidFields([("body", BodyBound.Violation)]));

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is not { } endpoint || !HttpProtocol.IsHttp2(http.Request.Protocol) || HttpMethods.IsConnect(http.Request.Method)
            || endpoint.Metadata.GetMetadata<CallRules>() is not null || IsStream(endpoint)
            || http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return next(http);
        }

        // As a rule it is there already.
        return WholeBodies.IsHere(http.Request.BodyReader) ? next(http) : ReceiveAsync(http, next);
    }

    /// <summary>Whether the client sends messages for as long as it likes: reflection, in development only.</summary>
    private static bool IsStream(Endpoint endpoint) => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming;

    private async Task ReceiveAsync(HttpContext http, RequestDelegate next)
    {
        if (await IsThereAsync(http))
        {
            await next(http);
            return;
        }

        if (JsonCalls.IsGrpcPath(http.Request.Path)) TooLate.Send(http.Response);
        else http.Response.StatusCode = StatusCodes.Status408RequestTimeout;
    }

    private async Task<bool> IsThereAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        using var bound = BodyBound.Begin(reader, time);
        while (true)
        {
            var read = await reader.ReadAsync();
            var isLate = read.IsCanceled && bound.IsOver;
            reader.Keep(read.Buffer);
            if (read.IsCompleted || isLate) return !isLate;
        }
    }
}
