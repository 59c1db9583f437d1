using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>An error of the contract as a whole HTTP answer, made once.</summary>
/// <param name="error">The error.</param>
/// <param name="httpStatus">Null: the one of the error's code.</param>
internal sealed class JsonError(RpcException error, int? httpStatus = null)
{
    private readonly byte[] _body = Encoding.UTF8.GetBytes(JsonErrors.Format(error));

    public Task SendAsync(HttpContext http)
    {
        JsonErrors.SetHead(http, error, httpStatus ?? JsonErrors.HttpStatusOf(error));
        return JsonErrors.SendAsync(http, _body);
    }
}

/// <summary>A request that HTTP has a status of its own for; the error is that of the contract.</summary>
internal sealed class BodyRejectedException(RpcException error, int httpStatus) : Exception
{
    public RpcException Error => error;

    public int HttpStatus => httpStatus;
}

/// <summary>
/// Errors over HTTP: a <c>google.rpc.Status</c> as JSON, the status of HTTP that belongs to its code, and the headers that HTTP asks for. The same for what is
/// refused in front of the transcoder and for what the service throws behind it.
/// </summary>
internal static class JsonErrors
{
    private static readonly JsonFormatter Formatter = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromMessages(GrpcErrors.DetailTypes)));

    /// <summary>Status code by status code as <c>google/rpc/code.proto</c> has it, but for the size of a message.</summary>
    public static int HttpStatusOf(RpcException error) => error.StatusCode switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => GrpcErrors.IsTooLarge(error) ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static string Format(RpcException error) => Formatter.Format(error.GetRpcStatus() ?? new() { Code = (int)error.StatusCode, Message = error.Status.Detail });

    /// <summary>The whole answer.</summary>
    public static Task WriteAsync(HttpContext http, RpcException error, int httpStatus)
    {
        SetHead(http, error, httpStatus);
        return SendAsync(http, Encoding.UTF8.GetBytes(Format(error)));
    }

    public static Task SendAsync(HttpContext http, byte[] status)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = status.Length;
        return http.Response.Body.WriteAsync(status, http.RequestAborted).AsTask();
    }

    /// <summary>Status and headers, before anything of the answer is sent.</summary>
    public static void SetHead(HttpContext http, RpcException error, int httpStatus)
    {
        http.Response.StatusCode = httpStatus;
        var headers = http.Response.Headers;
        if (RetryHints.RetryAfterOf(error) is { } delay) headers.RetryAfter = delay;
        // RFC 6750, 3: what is missing is named only to who presented a token.
        if (httpStatus == StatusCodes.Status401Unauthorized)
            headers.WWWAuthenticate = Callers.TryReadCredential(http.Request.Headers, out _) ? "Bearer error=\"invalid_token\"" : "Bearer";
        if (httpStatus == StatusCodes.Status403Forbidden) headers.WWWAuthenticate = "Bearer error=\"insufficient_scope\"";
        // RFC 9110, 15.5.9: the rest of the body is not waited for.
        if (httpStatus == StatusCodes.Status408RequestTimeout && HttpProtocol.IsHttp11(http.Request.Protocol)) headers.Connection = "close";
        if (httpStatus == StatusCodes.Status415UnsupportedMediaType)
        {
            headers.Accept = "application/json";
            headers.AcceptEncoding = "identity";
        }
    }

    /// <summary>What has no body of its own yet, such as 404 and 405.</summary>
    public static Task WriteStatusAsync(HttpContext http)
    {
        var (code, message) = http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => (StatusCode.NotFound, "There is nothing at this path."),
            StatusCodes.Status405MethodNotAllowed => (StatusCode.Unimplemented, "This path does not take this HTTP method."),
            _ => (StatusCode.InvalidArgument, "The request cannot be served as it is."),
        };
        return WriteAsync(http, new(new(code, message)), http.Response.StatusCode);
    }

    /// <summary>For what the service throws behind the transcoder, which sends no header and has a status of its own for some codes.</summary>
    /// <returns>The error.</returns>
    public static RpcException Note(ServerCallContext context, RpcException error)
    {
        var http = context.GetHttpContext();
        if (!JsonCalls.IsGrpcPath(http.Request.Path)) http.Features.Set(new Noted(error));
        return error;
    }

    /// <summary>Before the transcoder gets the call.</summary>
    public static void CompleteLater(HttpContext http) => http.Response.OnStarting(() =>
    {
        if (http.Features.Get<Noted>() is { } noted) SetHead(http, noted.Error, HttpStatusOf(noted.Error));
        return Task.CompletedTask;
    });

    /// <summary>What a failed read of a request's body is. A client that went away is no fault of the service.</summary>
    public static Exception OfBody(HttpContext http, Exception exception)
    {
        switch (exception)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return GrpcErrors.TooLarge();
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                return Slow();
            // The web server's own for a chunk that is longer than it counts.
            case BadHttpRequestException or IOException { InnerException: OverflowException }:
                return GrpcErrors.InvalidFields([("body", "could not be read")]);
            case IOException or OperationCanceledException:
                // Or the web server would read on for the rest of the body.
                http.Abort();
                return GrpcErrors.Cancelled();
            default:
                return exception;
        }
    }

    public static BodyRejectedException Late() => TimedOut(BodyBound.Violation);

    /// <summary>Below the least rate of the web server (Hosting/Listeners), which ends the body before <see cref="BodyBound"/> does.</summary>
    private static BodyRejectedException Slow() => TimedOut($"{BodyBound.Violation}, and after 5 s at 240 bytes a second or more");

    private static BodyRejectedException TimedOut(string violation) =>
        new(GrpcErrors.InvalidFields([("body", violation)]), StatusCodes.Status408RequestTimeout);

    public static BodyRejectedException Unsupported(string header, string problem) =>
        new(GrpcErrors.InvalidFields([(header, problem)]), StatusCodes.Status415UnsupportedMediaType);

    private sealed record Noted(RpcException Error);
}
