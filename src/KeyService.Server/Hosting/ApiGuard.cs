using KeyService.Server.Grpc;
using Microsoft.AspNetCore.Routing;

namespace KeyService.Server.Hosting;

/// <summary>
/// What a request of the API must be before it is routed: at a path of the API in its one spelling, with a method of that path. No answer may be kept by a
/// cache: keys, hints and permissions are in them.
/// </summary>
internal sealed class ApiGuard(IEndpointRouteBuilder routes)
{
    private static readonly WireError Unimplemented = new(new(new(global::Grpc.Core.StatusCode.Unimplemented, "There is no such RPC.")));
    private static readonly string[] ConsolePaths = ["/session/"];

    private ApiPaths? _paths;

    /// <summary>Once everything is mapped.</summary>
    private ApiPaths Paths => _paths ??= new(routes.DataSources.SelectMany(source => source.Endpoints).Where(endpoint => endpoint.Metadata.GetMetadata<PathOfApi>() is not null));

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        http.Response.Headers.CacheControl = "no-store";
        var methods = Paths.MethodsOf(PathSpelling.RawPathOf(http));
        if (methods.Count == 0)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return JsonErrors.WriteStatusAsync(http);
        }

        if (!methods.Contains(http.Request.Method, StringComparer.Ordinal))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = string.Join(", ", methods);
            return JsonErrors.WriteStatusAsync(http);
        }

        // The web server leaves out the body of what came as HEAD.
        if (HttpMethods.IsHead(http.Request.Method)) http.Request.Method = HttpMethods.Get;
        return next(http);
    }

    /// <summary>Marks endpoints of the API: those of JSON are marked by their rules, health and metrics here.</summary>
    public static void Mark(IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new PathOfApi(), new HttpMethodMetadata([HttpMethods.Get]));

    /// <summary>RPCs as JSON: each has its HTTP method.</summary>
    public static void MarkJson(IEndpointConventionBuilder service) => service.Add(endpoint =>
    {
        if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } text } && !JsonCalls.IsGrpcPath(text)) endpoint.Metadata.Add(new PathOfApi());
    });

    /// <summary>Over gRPC an RPC has one path; of another spelling there is none.</summary>
    public static Task InvokeGrpcAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } text } && text == http.Request.Path.Value && PathSpelling.IsAsSent(http.Request)) return next(http);
        if (http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true) Unimplemented.Send(http.Response);
        else http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    /// <summary>Where the console's sessions begin and end: each at one path too.</summary>
    public static Task InvokeConsole(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } text } && Array.Exists(ConsolePaths, start => text.StartsWith(start, StringComparison.Ordinal))
            && !PathSpelling.RawPathOf(http).SequenceEqual(text))
        {
            http.SetEndpoint(null);
        }

        return next(http);
    }

    private sealed record PathOfApi;
}
