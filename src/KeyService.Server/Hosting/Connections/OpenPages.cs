using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// How many pages of the console may be open, each with a WebSocket of its own, which costs the process 150 kB and more. Counted until the socket is closed: Kestrel's own limit
/// counts tasks, and does not see those over HTTP/2. Visitors who have not signed in have a small share of their own.
/// </summary>
internal sealed class OpenPages(int most = 1_000, int mostAnonymous = 100)
{
    private readonly Pages _signedIn = new(most);
    private readonly Pages _anonymous = new(mostAnonymous);

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } && http.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
            return next(http);
        var pages = http.User.Identity is { IsAuthenticated: true } ? _signedIn : _anonymous;
        if (pages.TryOpen()) return ServeAsync(http, next, new(pages));
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }

    private static async Task ServeAsync(HttpContext http, RequestDelegate next, OpenPage page)
    {
        await using var registration = http.RequestAborted.UnsafeRegister(static page => ((OpenPage)page!).Close(), page);
        try
        {
            await next(http);
        }
        finally
        {
            page.Close();
        }
    }

    private sealed class Pages(int most)
    {
        private int _count;

        public bool TryOpen()
        {
            if (Interlocked.Increment(ref _count) <= most) return true;
            Interlocked.Decrement(ref _count);
            return false;
        }

        public void Close() => Interlocked.Decrement(ref _count);
    }

    private sealed class OpenPage(Pages pages)
    {
        private int _isClosed;

        public void Close()
        {
            if (Interlocked.Exchange(ref _isClosed, 1) == 0) pages.Close();
        }
    }
}
