using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Microsoft.Net.Http.Headers;

namespace KeyService.Server.Grpc;

/// <summary>
/// Stands before the transcoder, which takes much without a word and says the rest in its own: checks every field of body and query of a call that
/// <see cref="CallGate"/> has admitted, and only what is good goes on, in canonical form. A misspelt field must not become a key without its expiry.
/// </summary>
internal static class JsonCalls
{
    private static readonly Dictionary<string, JsonFields> FieldsByRpc = Contracts.V1.ApiKeyServiceReflection.Descriptor.Services.Single()
        .Methods.ToDictionary(method => method.Name, method => new JsonFields(method), StringComparer.Ordinal);

    /// <summary>Paths of gRPC begin with a package; none of JSON does.</summary>
    public static bool IsGrpcPath(PathString path) => path.Value is { Length: > 1 } text && text.AsSpan(1) is var rest
        && rest[..(rest.IndexOf('/') is var end and >= 0 ? end : rest.Length)].Contains('.');

    public static Task Check(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<CallRules>() is { } rules && FieldsByRpc.TryGetValue(rules.Rpc, out var fields)
            ? CheckAsync(context, fields, next)
            : next(context);

    private static async Task CheckAsync(HttpContext context, JsonFields fields, RequestDelegate next)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            var violations = new Violations();
            fields.TakeQuery(context.Request, violations);
            if (fields.HasBody) await TakeBodyAsync(context, fields, violations);
            violations.ThrowIfAny();
        }
        catch (Exception e)
        {
            var rejected = e as BodyRejectedException;
            var error = context.RequestServices.GetRequiredService<CallFailures>().Explain(fields.Rpc, rejected?.Error ?? e, context.RequestAborted, start);
            await JsonErrors.WriteAsync(context, error, rejected?.HttpStatus ?? JsonErrors.HttpStatusOf(error));
            return;
        }

        // The transcoder would answer in the charset that it names, and fail on one that there is not.
        context.Request.ContentType = fields.HasBody ? "application/json" : null;
        JsonErrors.CompleteLater(context);
        await next(context);
    }

    private static async Task TakeBodyAsync(HttpContext context, JsonFields fields, Violations violations)
    {
        var request = context.Request;
        // Nothing is inflated: a body that is said to be packed is refused, whatever it looks like.
        if (request.Headers.ContentEncoding is { Count: > 0 } encodings && !string.Equals(encodings.ToString(), "identity", StringComparison.OrdinalIgnoreCase))
            throw JsonErrors.Unsupported("content-encoding", "must be left out: compressed requests are not accepted");
        var text = await ReadAsync(context);
        if (text.Length > 0 && !IsJson(request)) throw JsonErrors.Unsupported("content-type", "must be application/json, in UTF-8");
        if (fields.Parse(text, request.Path, violations) is not { } message) return;
        var canonical = Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(message));
        request.Body = new MemoryStream(canonical);
        request.ContentLength = canonical.Length;
    }

    private static bool IsJson(HttpRequest request) => request.HasJsonContentType()
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        try
        {
            return await ReadAsync(context.Request.BodyReader, context.RequestServices.GetRequiredService<TimeProvider>()) ?? throw JsonErrors.Late();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw JsonErrors.OfBody(context, e);
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
            if (text is null) reader.Keep(read.Buffer);
            else reader.AdvanceTo(read.Buffer.End);
            if (text is not null || isLate) return text;
        }
    }
}
