using System.Globalization;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>Reads <c>/metrics</c> as Prometheus does.</summary>
internal static class MetricsPage
{
    /// <summary>The server collects a page at most every 300 ms.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(300);

    /// <summary>A page that is collected after the call, so that it has what was counted before the call.</summary>
    public static async Task<string> MetricsAsync(this TestServer server)
    {
        await DeliberateDelay.ForAsync(MaxAge, "a page that was collected before may be sent for so long");
        return await server.Http.GetStringAsync("/metrics");
    }

    /// <summary>The sum, at the time of the call or later, over all series of this name that carry <paramref name="label"/> (<c>source="redis"</c>); 0 when there is none.</summary>
    public static async Task<double> SumAsync(this TestServer server, string name, string label = "")
    {
        var page = await server.MetricsAsync();
        return page.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ')
            .Where(line => line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }
}
