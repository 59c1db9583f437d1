using System.Globalization;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>Reads <c>/metrics</c> as Prometheus does. The page may be 300 ms old.</summary>
internal static class MetricsPage
{
    /// <summary>The sum over all series of this name that carry <paramref name="label"/> (<c>source="redis"</c>); 0 when there is none.</summary>
    public static async Task<double> SumAsync(this TestServer server, string name, string label = "")
    {
        var page = await server.Http.GetStringAsync("/metrics");
        return page.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ')
            .Where(line => line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }
}
