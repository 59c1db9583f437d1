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
        foreach (var parameter in context.Request.Query.Keys)
        {
            if (!IsField(type, parameter)) violations.Add(Shown(parameter), "is not a field of this request");
        }

        try
        {
            if (HttpMethods.IsPost(context.Request.Method) && !await HasGoodBodyAsync(context, type, violations))
                violations.Add("body", $"is not the JSON of a {type.Name}");
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

    private static async Task<bool> HasGoodBodyAsync(HttpContext context, MessageDescriptor type, Violations violations)
    {
        // Read once here and once by the transcoder; the listener bounds its length.
        var text = new MemoryStream();
        await context.Request.Body.CopyToAsync(text, context.RequestAborted);
        text.Position = 0;
        context.Request.Body = text;
        try
        {
            using var reader = new StreamReader(new MemoryStream(text.GetBuffer(), 0, (int)text.Length));
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

    private static bool IsField(MessageDescriptor type, string parameter)
    {
        var name = parameter.Split('.')[0];
        return type.Fields.InDeclarationOrder().Any(field => field.JsonName == name || field.Name == name);
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
