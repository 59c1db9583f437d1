using System.Threading.RateLimiting;
using Microsoft.AspNetCore.StaticAssets;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Limits how many pages of the console are made at a time for connections on which no person is signed in: a page takes a hundred times the work
/// of a call, and a client needs no credential to ask for one. A page is made in memory and then sent, so that a client that does not
/// read it keeps no permit. A page that finds no place in the queue is refused with 503.
/// </summary>
/// <param name="most">Pages at a time.</param>
/// <param name="queue">Pages that wait.</param>
internal sealed class AnonymousPages(int most, int queue = AnonymousPages.Queue) : IDisposable
{
    /// <summary>About 0.2 s of work.</summary>
    public const int Queue = 200;

    /// <summary>Beginnings of sessions: they have limits of their own, and may wait for the issuer.</summary>
    private const string Sessions = "/session";

    private readonly ConcurrencyLimiter _limiter = new(new() { PermitLimit = most, QueueLimit = queue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    /// <summary>One for two processors: authenticated callers have the rest.</summary>
    public static AnonymousPages ForProcess() => new(Math.Max(1, Environment.ProcessorCount / 2));

    public Task InvokeAsync(HttpContext http, RequestDelegate next) => IsLimited(http) ? MakeAsync(http, next) : next(http);

    public void Dispose() => _limiter.Dispose();

    private static bool IsLimited(HttpContext http) =>
        http.Features.Get<OpenConnection>() is { IsAuthenticated: false }
        && (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        && !http.WebSockets.IsWebSocketRequest
        && !http.Request.Path.StartsWithSegments(Sessions, StringComparison.OrdinalIgnoreCase)
        && http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is null;

    private async Task MakeAsync(HttpContext http, RequestDelegate next)
    {
        var response = http.Response;
        var body = response.Body;
        using var page = new MemoryStream();
        using (var permit = await _limiter.AcquireAsync(1, http.RequestAborted))
        {
            if (!permit.IsAcquired)
            {
                response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                response.Headers.RetryAfter = "1";
                return;
            }

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
