namespace KeyService.Server.Observability;

/// <summary>
/// The scraped metrics, collected at most every 300 ms and kept as bytes for all who ask. The exporter writes its own buffer to each client, and a client
/// that does not read holds up the next collection and with it every other client; the endpoint needs no credential.
/// </summary>
internal sealed class MetricsPages(IServiceProvider services, TimeProvider time)
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(300);

    private const string OpenMetrics = "application/openmetrics-text";

    /// <summary>As text, and as OpenMetrics.</summary>
    private readonly Page[] _pages = [new(""), new($"{OpenMetrics}; version=1.0.0")];
    private readonly Lock _lock = new();

    /// <summary>Puts itself in front of the exporter's endpoint.</summary>
    public void Share(EndpointBuilder endpoint)
    {
        var exporter = endpoint.RequestDelegate ?? throw new InvalidOperationException("The endpoint has no handler.");
        endpoint.RequestDelegate = http => SendAsync(http, exporter);
    }

    private async Task SendAsync(HttpContext http, RequestDelegate exporter)
    {
        var isOpenMetrics = http.Request.Headers.Accept.Any(accept => accept?.Contains(OpenMetrics, StringComparison.OrdinalIgnoreCase) == true);
        var (status, type, content) = await GetAsync(_pages[isOpenMetrics ? 1 : 0], exporter).WaitAsync(http.RequestAborted);
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = content.Length;
        await http.Response.WriteInPiecesAsync(content, http.RequestAborted);
    }

    private Task<(int Status, string? Type, byte[] Content)> GetAsync(Page page, RequestDelegate exporter)
    {
        lock (_lock)
        {
            if (page.Content is not null && (!page.Content.IsCompleted || (page.Content.IsCompletedSuccessfully && time.GetElapsedTime(page.Begun) < MaxAge))) return page.Content;
            page.Begun = time.GetTimestamp();
            return page.Content = Task.Run(() => CollectAsync(page, exporter));
        }
    }

    /// <summary>By a request of its own, which no client can hold up.</summary>
    private async Task<(int Status, string? Type, byte[] Content)> CollectAsync(Page page, RequestDelegate exporter)
    {
        using var content = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = services };
        http.Request.Method = HttpMethods.Get;
        http.Request.Headers.Accept = page.Accept;
        http.Response.Body = content;
        await exporter(http);
        await http.Response.BodyWriter.FlushAsync();
        return (http.Response.StatusCode, http.Response.ContentType, content.ToArray());
    }

    private sealed class Page(string accept)
    {
        public string Accept => accept;

        public Task<(int Status, string? Type, byte[] Content)>? Content { get; set; }

        public long Begun { get; set; }
    }
}
