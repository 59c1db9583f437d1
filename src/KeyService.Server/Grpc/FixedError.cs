using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>An error of the contract in both encodings, made once: a refusal that an unauthenticated client can cause in numbers must cost little.</summary>
internal sealed class FixedError(RpcException error)
{
    public static readonly FixedError NoCredential = new(GrpcErrors.NoCredential());
    public static readonly FixedError BadCredential = new(GrpcErrors.BadCredential());
    public static readonly FixedError MissingPermission = new(GrpcErrors.MissingPermission());
    public static readonly FixedError Overloaded = new(GrpcErrors.Overloaded());
    public static readonly FixedError CallerShare = new(GrpcErrors.CallerShareTaken());
    public static readonly FixedError TooManyCredentials = new(GrpcErrors.TooManyCredentials());
    public static readonly FixedError IssuerUnavailable = new(GrpcErrors.From(new IssuerUnavailableException(), CancellationToken.None)!);

    private readonly WireError _grpc = new(error);
    private readonly byte[] _json = JsonCalls.Encode(error);
    private readonly int _httpStatus = JsonCalls.HttpStatusOf(error);

    public StatusCode Code => error.StatusCode;

    /// <summary>A new exception: a shared one would collect the stacks of all who throw it.</summary>
    public RpcException ToException() => new(error.Status, error.Trailers);

    /// <summary>The whole answer; nothing of the request's body is read.</summary>
    public Task SendAsync(HttpContext http)
    {
        if (!JsonCalls.IsGrpcPath(http.Request.Path)) return JsonCalls.SendAsync(http, _json, _httpStatus);
        _grpc.Send(http.Response);
        return Task.CompletedTask;
    }
}
