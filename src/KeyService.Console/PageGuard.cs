using System.Net;
using KeyService.AdminConsole.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KeyService.AdminConsole;

/// <summary>What every answer of the console carries, and over what it is given at all.</summary>
internal static class PageGuard
{
    // MudBlazor sets styles in the page; scripts are files of this server alone.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    private const string SameOrigin = "same-origin";

    public static async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), clipboard-write=(self)";
        // A browser would keep to it for everything else on its own machine, at every port.
        if (http.Request.IsHttps && !IsNameOfThisMachine(http.Request.Host)) headers.StrictTransportSecurity = "max-age=31536000";
        // A page has what only its person may see; files have a name for each version, and say themselves how long they hold.
        if (!IsFile(http.Request.Path)) headers.CacheControl = "no-cache, no-store";

        if (IsOfAnotherSite(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            http.Response.ContentType = "text/plain; charset=utf-8";
            // Whose proxy does not pass on the name that people see reads it too.
            await http.Response.WriteAsync("Refused: a page of another origin asked for this. A proxy must pass on X-Forwarded-Host and X-Forwarded-Proto as people see them.");
            return;
        }

        if (!http.Request.IsHttps && !IsFromHere(http))
        {
            await Page(MessageKind.NeedsHttps).ExecuteAsync(http);
            return;
        }

        if (!await TryReadFormAsync(http)) return;
        await next(http);
        // HTTP asks for a challenge with each 401 (RFC 9110, 15.5.2); a session is a cookie.
        if (http.Response is { StatusCode: StatusCodes.Status401Unauthorized, HasStarted: false }) headers.WWWAuthenticate = "Cookie";
        if (http.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false, ContentType: null }) await Page(MessageKind.NotFound).ExecuteAsync(http);
    }

    /// <summary>
    /// Reads a form before its endpoint does. From a client that goes away meanwhile the web server would try to read on, and log that it cannot as an error.
    /// A page never waits for the body of a request for it.
    /// </summary>
    private static async Task<bool> TryReadFormAsync(HttpContext http)
    {
        var isForPage = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (isForPage || http.GetEndpoint() is null || !http.Request.HasFormContentType) return true;
        try
        {
            await http.Request.ReadFormAsync(http.RequestAborted);
            return true;
        }
        catch (Exception e) when (e is BadHttpRequestException or InvalidDataException or IOException { InnerException: OverflowException })
        {
            http.Response.StatusCode = (e as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            http.Abort();
        }

        return false;
    }

    private static bool IsFile(PathString path) => path.StartsWithSegments("/_content", StringComparison.Ordinal) || path.StartsWithSegments("/_framework", StringComparison.Ordinal);

    /// <summary>
    /// A change, or a page's own connection, that a page of another origin asks for. Cookies do not tell: they know neither ports nor, of the same site, hosts.
    /// Routes match in any case.
    /// </summary>
    private static bool IsOfAnotherSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase)) return false;
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site.ToString() is not (SameOrigin or "none")) return true;
        return request.Headers.Origin.Count > 0 && !HasOwnOrigin(request);
    }

    /// <summary>Whether the browser says that a page of this origin asks. What says nothing of where it comes from may be anybody's.</summary>
    public static bool IsOfThisOrigin(HttpRequest request) =>
        !IsOfAnotherSite(request) && (request.Headers["Sec-Fetch-Site"].ToString() == SameOrigin || HasOwnOrigin(request));

    private static bool HasOwnOrigin(HttpRequest request) =>
        string.Equals(request.Headers.Origin.ToString(), $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Without TLS a session would travel in the clear: over the loopback it does not travel. A proxy on this machine that nobody named brings people from
    /// elsewhere, by another name.
    /// </summary>
    private static bool IsFromHere(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(peer) && http.Connection.LocalIpAddress is { } own && IPAddress.IsLoopback(own)
        && IsNameOfThisMachine(http.Request.Host)
        && !http.Request.Headers.ContainsKey("Forwarded") && !http.Request.Headers.Keys.Any(name => name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase));

    private static bool IsNameOfThisMachine(HostString host) =>
        host.Host == "localhost" || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static RazorComponentResult<MessagePage> Page(MessageKind kind) => new(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(MessagePage.Kind)] = kind })
    {
        StatusCode = kind == MessageKind.NotFound ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden,
    };
}
