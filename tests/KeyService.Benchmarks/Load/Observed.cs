using System.Globalization;
using System.Text.RegularExpressions;

namespace KeyService.Benchmarks.Load;

/// <summary>What the server itself says that it answered: no generator can mistake an error for an answer.</summary>
internal sealed partial record Observed(IReadOnlyDictionary<string, long> Verdicts, long Failed)
{
    public static async Task<Observed> ReadAsync(HttpClient http, Uri metrics)
    {
        var verdicts = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        long failed = 0;
        foreach (Match line in Sample().Matches(await http.GetStringAsync(metrics)))
        {
            var value = long.Parse(line.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
            var labels = line.Groups["labels"].Value;
            if (Verdict().Match(labels) is { Success: true } verdict) verdicts[verdict.Groups["name"].Value] = value;
            else if (!labels.Contains("rpc_response_status_code=\"OK\"", StringComparison.OrdinalIgnoreCase)) failed += value;
        }

        return new(verdicts, failed);
    }

    /// <exception cref="InvalidOperationException">Something else was answered than what the load is about.</exception>
    public void Require(Observed before, Calls calls, long completed)
    {
        var failed = Failed - before.Failed;
        if (failed > 0) throw new InvalidOperationException($"{calls.Name}: {failed} calls failed.");
        if (calls.Expected.Length == 0) return;
        foreach (var (verdict, count) in Verdicts)
        {
            var added = count - before.Verdicts.GetValueOrDefault(verdict);
            var isRight = verdict.Equals(calls.Expected, StringComparison.OrdinalIgnoreCase) ? added >= completed : added == 0;
            if (!isRight) throw new InvalidOperationException($"{calls.Name}: {completed} calls completed, {added} of them {verdict}.");
        }
    }

    [GeneratedRegex(@"^(keyservice_verdicts(_\w+)*_total|rpc_server_call_duration_seconds_count)\{(?<labels>[^}]*)\} (?<value>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Sample();

    [GeneratedRegex("verdict=\"(?<name>[^\"]*)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Verdict();
}
