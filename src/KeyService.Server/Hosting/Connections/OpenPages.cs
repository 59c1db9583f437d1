using KeyService.AdminConsole.Service;
using KeyService.Server.Grpc;
using KeyService.Server.Observability;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// How many pages of the console may be open, each with a WebSocket of its own, which costs the process 150 kB and more. Counted until the socket is closed: Kestrel's own limit
/// counts tasks, and does not see those over HTTP/2. People share them as callers share permits. Visitors who have not signed in have a small share of their own, by address.
/// </summary>
internal sealed class OpenPages(ConnectionMetrics metrics, int most = 1_000, int mostAnonymous = 100)
{
    private const string Hub = "/_blazor";

    private readonly FairPermits _signedIn = new(most);
    private readonly FairPermits _anonymous = new(mostAnonymous);

    /// <summary>Who is signed in, in a form that is no caller's id; without one, the address.</summary>
    public static string HolderOf(HttpContext http) =>
        http.User.Identity is { IsAuthenticated: true } ? $"person:{Person.IdOf(http.User)}" : http.Features.Get<OpenConnection>()?.PeerName ?? "";

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            if (!IsHub(http.Request.Path)) return next(http);
            // A page by long polling would be open between its requests, where nothing counts it.
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return Task.CompletedTask;
        }

        var pages = http.User.Identity is { IsAuthenticated: true } ? _signedIn : _anonymous;
        if (pages.TryTake(HolderOf(http), out _) is { } share) return ServeAsync(http, next, new(pages, share, http.RequestAborted));
        metrics.PageRefused();
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }

    /// <summary>Whether the path is the one that pages connect to; the paths below it answer without a wait.</summary>
    private static bool IsHub(PathString path) => path.StartsWithSegments(Hub, StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is null or "" or "/";

    private static async Task ServeAsync(HttpContext http, RequestDelegate next, Permit page)
    {
        using (page) await next(http);
    }
}
