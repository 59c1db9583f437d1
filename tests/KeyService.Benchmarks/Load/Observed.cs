using System.Globalization;
using System.Text.RegularExpressions;

namespace KeyService.Benchmarks.Load;

/// <summary>What the server itself says that it answered, and from where: no generator can mistake an error for an answer.</summary>
/// <param name="Verdicts">Answers by verdict.</param>
/// <param name="Lookups">Look-ups by where they were answered.</param>
/// <param name="Failed">Calls with another status than OK.</param>
internal sealed partial record Observed(IReadOnlyDictionary<string, long> Verdicts, IReadOnlyDictionary<string, long> Lookups, long Failed)
{
    /// <summary>A GET that takes over 50 ms counts as a miss: so many of a hundred calls may ask the database when Redis is to answer.</summary>
    private const int PercentMissed = 1;

    public static async Task<Observed> ReadAsync(HttpClient http, Uri metrics)
    {
        var verdicts = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        var lookups = new Dictionary<string, long>(StringComparer.Ordinal);
        long failed = 0;
        foreach (Match line in Sample().Matches(await http.GetStringAsync(metrics)))
        {
            var value = long.Parse(line.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
            var labels = line.Groups["labels"].Value;
            if (Verdict().Match(labels) is { Success: true } verdict) verdicts[verdict.Groups["name"].Value] = value;
            else if (Source().Match(labels) is { Success: true } source) lookups[source.Groups["name"].Value] = value;
            else if (!labels.Contains("rpc_response_status_code=\"OK\"", StringComparison.OrdinalIgnoreCase)) failed += value;
        }

        return new(verdicts, lookups, failed);
    }

    /// <summary>How many more look-ups than before were answered there.</summary>
    public long LookupsSince(Observed before, string source) => Lookups.GetValueOrDefault(source) - before.Lookups.GetValueOrDefault(source);

    /// <exception cref="InvalidOperationException">Something else was answered than what the load is about, or from elsewhere.</exception>
    public void Require(Observed before, Calls calls, long completed)
    {
        var failed = Failed - before.Failed;
        if (failed > 0) throw new InvalidOperationException($"{calls.Name}: {failed} calls failed.");
        if (calls.Expected.Length == 0) return;
        RequireVerdict(before, calls, completed * calls.Keys);
        var (redis, database) = (LookupsSince(before, "redis"), LookupsSince(before, "database"));
        var isRight = calls.IsFromRedis ? redis >= completed * (100 - PercentMissed) / 100 && database <= completed * PercentMissed / 100 : redis + database == 0;
        if (!isRight) throw new InvalidOperationException($"{calls.Name}: {completed} calls completed, {redis} look-ups were answered by Redis and {database} by the database.");
    }

    /// <summary>Nobody was answered anything else than what this load is about.</summary>
    public void RequireVerdict(Observed before, Calls calls, long atLeast)
    {
        foreach (var (verdict, count) in Verdicts)
        {
            var added = count - before.Verdicts.GetValueOrDefault(verdict);
            var isRight = verdict.Equals(calls.Expected, StringComparison.OrdinalIgnoreCase) ? added >= atLeast : added == 0;
            if (!isRight) throw new InvalidOperationException($"{calls.Name}: {added} answers were {verdict}, {atLeast} were to be {calls.Expected}.");
        }
    }

    [GeneratedRegex(@"^(keyservice_(verdicts|lookups)(_\w+)*_total|rpc_server_call_duration_seconds_count)\{(?<labels>[^}]*)\} (?<value>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Sample();

    [GeneratedRegex("verdict=\"(?<name>[^\"]*)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Verdict();

    [GeneratedRegex("source=\"(?<name>[^\"]*)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Source();
}
