using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>
/// An error of the contract in both encodings, made once: a refusal that an unauthenticated client can cause in numbers must cost little. When a retry
/// helps, the delay depends on the class of the call.
/// </summary>
internal sealed class FixedError(Func<CallClass, RpcException> error)
{
    public static readonly FixedError NoCredential = new(_ => GrpcErrors.NoCredential());
    public static readonly FixedError BadCredential = new(_ => GrpcErrors.BadCredential());
    public static readonly FixedError MissingPermission = new(_ => GrpcErrors.MissingPermission());
    public static readonly FixedError Overloaded = new(GrpcErrors.Overloaded);
    public static readonly FixedError CallerShare = new(GrpcErrors.CallerShareTaken);
    public static readonly FixedError TooManyCredentials = new(GrpcErrors.TooManyCredentials);
    public static readonly FixedError IssuerUnavailable = new(GrpcErrors.IssuerUnavailable);

    private readonly Encoded _validation = new(error(CallClass.Validation));
    private readonly Encoded _other = new(error(CallClass.Management));

    public StatusCode Code => _other.Error.StatusCode;

    /// <summary>A new exception: a shared one would collect the stacks of all who throw it.</summary>
    public RpcException ToException(CallClass kind) => new(Of(kind).Error.Status, Of(kind).Error.Trailers);

    /// <summary>The whole answer; nothing of the request's body is read.</summary>
    public Task SendAsync(HttpContext http, CallClass kind)
    {
        var encoded = Of(kind);
        if (!JsonCalls.IsGrpcPath(http.Request.Path)) return encoded.Json.SendAsync(http);
        encoded.Grpc.Send(http.Response);
        return Task.CompletedTask;
    }

    private Encoded Of(CallClass kind) => kind == CallClass.Validation ? _validation : _other;

    private sealed class Encoded(RpcException error)
    {
        public RpcException Error { get; } = error;

        public WireError Grpc { get; } = new(error);

        public JsonError Json { get; } = new(error);
    }
}
