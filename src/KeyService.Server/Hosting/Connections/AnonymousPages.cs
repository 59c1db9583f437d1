using System.Threading.RateLimiting;
using KeyService.AdminConsole;
using KeyService.Server.Grpc;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticAssets;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Limits how many pages of the console are made at a time for connections on which no person is signed in: a page takes
/// a hundred times the work of a call, and a client needs no credential to ask for one. A page is made in memory and then
/// sent, so that a client that does not read it keeps no permit. Addresses share the places: one alone takes at most half
/// of them. A request without a place gets 503.
/// </summary>
/// <param name="metrics">Counts those that are refused.</param>
/// <param name="most">Pages at a time.</param>
/// <param name="places">Pages at a time and those that wait.</param>
internal sealed class AnonymousPages(ConnectionMetrics metrics, int most, int places = AnonymousPages.Places) : IDisposable
{
    /// <summary>About 0.4 s of work.</summary>
    public const int Places = 400;

    /// <summary>Beginnings of sessions, which may wait for the issuer, and the connections of pages: both have other limits.</summary>
    private static readonly string[] OtherPaths = ["/session", "/_blazor"];

    private readonly FairPermits _places = new(places);
    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = most, QueueLimit = places, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>One for two processors: authenticated callers have the rest.</summary>
    public static AnonymousPages ForProcess(ConnectionMetrics metrics) => new(metrics, Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>For requests that present no session; in front of all that makes pages.</summary>
    public Task InvokeWithoutSession(HttpContext http, RequestDelegate next) =>
        !ConsoleHosting.HasSession(http.Request) && IsLimited(http) ? MakeAsync(http, next) : next(http);

    /// <summary>For requests whose session is not valid; behind its check, which may wait for the issuer.</summary>
    public Task InvokeWithSession(HttpContext http, RequestDelegate next) =>
        ConsoleHosting.HasSession(http.Request) && IsLimited(http) ? MakeAsync(http, next) : next(http);

    public void Dispose() => _limiter.Dispose();

    private static bool IsLimited(HttpContext http) =>
        http.Features.Get<OpenConnection>() is { IsAuthenticated: false }
        && (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        && !Array.Exists(OtherPaths, path => http.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))
        && http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is null;

    private async Task MakeAsync(HttpContext http, RequestDelegate next)
    {
        var response = http.Response;
        if (_places.TryTake(http.Features.GetRequiredFeature<OpenConnection>().PeerName, out _) is not { } share)
        {
            metrics.PageRefused();
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.Headers.RetryAfter = "1";
            response.Headers.CacheControl = "no-store";
            await response.WriteAsync(
                "The console is asked for too many pages at the moment. Try again in a few seconds.", http.RequestAborted);
            return;
        }

        var body = response.Body;
        using var page = new MemoryStream();
        using (new Permit(_places, share, http.RequestAborted))
        using (await _limiter.AcquireAsync(1, http.RequestAborted))
        {
            response.Body = page;
            try
            {
                await next(http);
            }
            finally
            {
                response.Body = body;
            }
        }

        if (page.Length == 0) return;
        response.ContentLength ??= page.Length;
        page.Position = 0;
        await page.CopyToAsync(body, http.RequestAborted);
    }
}
