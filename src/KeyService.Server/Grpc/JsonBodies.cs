using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Metadata;

namespace KeyService.Server.Grpc;

/// <summary>
/// Refuses JSON that the transcoder would take without a word: fields that the contract does not have, and query parameters likewise. A
/// misspelt field must not become a key without its expiry.
/// </summary>
internal static partial class JsonBodies
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    private static readonly JsonFormatter Formatter = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromMessages(GrpcErrors.DetailTypes)));

    public static Task Check(HttpContext context, RequestDelegate next)
    {
        // gRPC calls have no body of JSON: nothing to do on their way.
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true
            || context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } method
            || RequestTypes.Of(method.Method.Name) is not { } type)
        {
            return next(context);
        }

        return CheckAsync(context, type, next);
    }

    private static async Task CheckAsync(HttpContext context, MessageDescriptor type, RequestDelegate next)
    {
        var violations = new Violations();
        var hasBody = HttpMethods.IsPost(context.Request.Method);
        CheckQuery(context.Request.Query, hasBody, type, violations);
        try
        {
            if (hasBody && !IsJson(context.Request)) violations.Add("body", "must be application/json in UTF-8");
            else if (hasBody && !await HasGoodBodyAsync(context, type, violations)) violations.Add("body", $"is not the JSON of a {type.Name}");
            violations.ThrowIfAny();
        }
        catch (RpcException e)
        {
            await WriteAsync(context, e);
            return;
        }
        catch (BadHttpRequestException e)
        {
            await WriteAsync(context, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? GrpcErrors.TooLarge() : GrpcErrors.UnreadableBody());
            return;
        }

        await next(context);
    }

    // The transcoder refuses a value of the wrong form too, but without details; and with a body it reads no query at all.
    private static void CheckQuery(IQueryCollection query, bool hasBody, MessageDescriptor type, Violations violations)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (parameter, values) in query)
        {
            var field = type.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == parameter || f.Name == parameter);
            if (hasBody) violations.Add(Shown(parameter), "belongs in the body");
            else if (field is null) violations.Add(Shown(parameter), "is not a field of this request");
            else if (!given.Add(field.Name) || values.Count != 1) violations.Add(field.Name, "must be given once");
            else if (!IsValue(field, values[0])) violations.Add(field.Name, "is not a value of this field");
        }
    }

    private static bool IsValue(FieldDescriptor field, string? text) => field.FieldType switch
    {
        FieldType.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        FieldType.Enum => field.EnumType.FindValueByName(text) is not null,
        _ => true,
    };

    private static bool IsJson(Microsoft.AspNetCore.Http.HttpRequest request) =>
        request.HasJsonContentType()
        && request.GetTypedHeaders().ContentType is { Charset: var charset }
        && (charset.Length == 0 || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async Task<bool> HasGoodBodyAsync(HttpContext context, MessageDescriptor type, Violations violations)
    {
        // Read once here and once by the transcoder; the listener bounds its length.
        var text = new MemoryStream();
        await context.Request.Body.CopyToAsync(text, context.RequestAborted);
        text.Position = 0;
        context.Request.Body = text;
        try
        {
            using var reader = new StreamReader(
                new MemoryStream(text.GetBuffer(), 0, (int)text.Length), StrictUtf8, detectEncodingFromByteOrderMarks: false);
            _ = Parser.Parse(reader, type);
            return true;
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            if (UnknownField().Match(e.Message) is not { Success: true } match) return false;
            violations.Add(Shown(match.Groups["name"].Value), "is not a field of this request");
            return true;
        }
    }

    /// <summary>A field's name is short; anything else may be a value that lost its place, a secret even.</summary>
    private static string Shown(string name) => FieldName().IsMatch(name) ? name : "(unnamed)";

    private static async Task WriteAsync(HttpContext context, RpcException error)
    {
        var status = error.GetRpcStatus() ?? new Google.Rpc.Status { Code = (int)error.StatusCode, Message = error.Status.Detail };
        context.Response.StatusCode = status.Code == (int)StatusCode.ResourceExhausted
            ? StatusCodes.Status429TooManyRequests
            : StatusCodes.Status400BadRequest;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(Formatter.Format(status));
    }

    [GeneratedRegex("^Unknown field: (?<name>.*)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex UnknownField();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex FieldName();

    /// <summary>The request of each RPC, by the RPC's name.</summary>
    private static class RequestTypes
    {
        private static readonly Dictionary<string, MessageDescriptor> ByRpc =
            Contracts.V1.ApiKeyServiceReflection.Descriptor.Services.Single().Methods.ToDictionary(
                method => method.Name, method => method.InputType, StringComparer.Ordinal);

        public static MessageDescriptor? Of(string rpc) => ByRpc.GetValueOrDefault(rpc);
    }
}
