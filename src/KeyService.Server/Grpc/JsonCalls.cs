using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;

namespace KeyService.Server.Grpc;

/// <summary>
/// Stands before the transcoder, which takes much without a word and says the rest in its own: checks every field of body and query of a call that
/// <see cref="CallGate"/> has admitted, and only what is good goes on, in canonical form. A misspelt field must not become a key without its expiry.
/// </summary>
internal static class JsonCalls
{
    private static readonly JsonFormatter Formatter = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromMessages(GrpcErrors.DetailTypes)));

    private static readonly Dictionary<string, JsonFields> FieldsByRpc = Contracts.V1.ApiKeyServiceReflection.Descriptor.Services.Single()
        .Methods.ToDictionary(method => method.Name, method => new JsonFields(method), StringComparer.Ordinal);

    /// <summary>Paths of gRPC begin with a package; none of JSON does.</summary>
    public static bool IsGrpcPath(PathString path) => path.Value is { Length: > 1 } text && text.AsSpan(1) is var rest
        && rest[..(rest.IndexOf('/') is var end and >= 0 ? end : rest.Length)].Contains('.');

    public static Task Check(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<CallRules>() is { } rules && FieldsByRpc.TryGetValue(rules.Rpc, out var fields)
            ? CheckAsync(context, fields, next)
            : next(context);

    /// <summary>What has no body of its own yet, such as 404 and 405.</summary>
    public static Task WriteStatusAsync(HttpContext context)
    {
        var (code, message) = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => (StatusCode.NotFound, "There is nothing at this path."),
            StatusCodes.Status405MethodNotAllowed => (StatusCode.Unimplemented, "This path does not take this HTTP method."),
            _ => (StatusCode.InvalidArgument, "The request cannot be served as it is."),
        };
        return WriteAsync(context, new() { Code = (int)code, Message = message }, context.Response.StatusCode);
    }

    public static byte[] Encode(RpcException error) => Encoding.UTF8.GetBytes(Formatter.Format(StatusOf(error)));

    public static int HttpStatusOf(RpcException error) => error.StatusCode switch
    {
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status400BadRequest,
    };

    /// <param name="context">The call.</param>
    /// <param name="status">A <c>google.rpc.Status</c> as JSON.</param>
    /// <param name="httpStatus">The status of HTTP.</param>
    public static Task SendAsync(HttpContext context, byte[] status, int httpStatus)
    {
        context.Response.StatusCode = httpStatus;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = status.Length;
        return context.Response.Body.WriteAsync(status, context.RequestAborted).AsTask();
    }

    private static async Task CheckAsync(HttpContext context, JsonFields fields, RequestDelegate next)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            var violations = new Violations();
            fields.CheckQuery(context.Request, violations);
            if (fields.HasBody) await TakeBodyAsync(context, fields, violations);
            violations.ThrowIfAny();
        }
        catch (Exception e)
        {
            var error = context.RequestServices.GetRequiredService<CallFailures>().Explain(fields.Rpc, KindOf(e), context.RequestAborted, start);
            await WriteAsync(context, StatusOf(error), HttpStatusOf(error));
            return;
        }

        await next(context);
    }

    private static async Task TakeBodyAsync(HttpContext context, JsonFields fields, Violations violations)
    {
        var request = context.Request;
        // Nobody inflates it: what is said to be packed is not taken for what it looks like either.
        if (request.Headers.ContentEncoding is { Count: > 0 } encodings && encodings != "identity")
        {
            violations.Add("content-encoding", "must be left out: compressed requests are not accepted");
            return;
        }

        if (await ReadAsync(request.BodyReader, context.RequestServices.GetRequiredService<TimeProvider>()) is not { } text)
        {
            violations.Add("body", BodyBound.Violation);
            return;
        }

        if (text.Length > 0 && !request.HasJsonContentType()) violations.Add("content-type", "must be application/json");
        else if (fields.Parse(text, request.Path, violations) is { } message)
        {
            var canonical = Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(message));
            request.Body = new MemoryStream(canonical);
            request.ContentLength = canonical.Length;
            request.ContentType = "application/json";
        }
    }

    /// <summary>Null when it takes too long.</summary>
    private static async Task<byte[]?> ReadAsync(PipeReader reader, TimeProvider time)
    {
        using var bound = BodyBound.Begin(reader, time);
        while (true)
        {
            var read = await reader.ReadAsync();
            var isLate = read.IsCanceled && bound.IsOver;
            var text = read.IsCompleted && !isLate ? read.Buffer.ToArray() : null;
            reader.AdvanceTo(text is null ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
            if (text is not null || isLate) return text;
        }
    }

    private static Google.Rpc.Status StatusOf(RpcException error) => error.GetRpcStatus() ?? new() { Code = (int)error.StatusCode, Message = error.Status.Detail };

    private static Exception KindOf(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => GrpcErrors.TooLarge(),
        BadHttpRequestException => GrpcErrors.InvalidFields([("body", "could not be read")]),
        _ => exception,
    };

    private static Task WriteAsync(HttpContext context, Google.Rpc.Status status, int httpStatus)
    {
        context.Response.StatusCode = httpStatus;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(Formatter.Format(status));
    }
}
