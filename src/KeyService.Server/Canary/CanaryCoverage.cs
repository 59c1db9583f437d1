using KeyService.AdminConsole.Service;
using KeyService.Server.Observability;

namespace KeyService.Server.Canary;

/// <summary>How many replicas the canary judges, and why not the others. A round that judges none finds no violation whatever the replicas do.</summary>
internal sealed class CanaryCoverage
{
    private readonly Dictionary<string, LastingFailure> _unjudged = new(StringComparer.Ordinal);
    private readonly CanaryMetrics _metrics;
    private readonly Metrics _conditions;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LastingFailure _none;
    private int _replicas;

    /// <param name="metrics">Where the answers are counted.</param>
    /// <param name="conditions">Where what lasts is counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where it is logged.</param>
    public CanaryCoverage(CanaryMetrics metrics, Metrics conditions, TimeProvider time, ILogger log)
    {
        (_metrics, _conditions, _time, _log) = (metrics, conditions, time, log);
        _none = new(new("canary_coverage", (lines, _) => Log.CanaryJudgedNone(lines, _replicas)), conditions, time, log, quiet: TimeSpan.Zero);
    }

    /// <returns>How many can be judged.</returns>
    public int Count(IReadOnlyList<ReplicaAnswer> answers)
    {
        var judged = 0;
        foreach (var (replicaId, answer, cause) in answers)
        {
            _metrics.Asked(answer switch { null => CanaryAsked.WithoutAddress, Answer.None => CanaryAsked.Unreachable, _ => CanaryAsked.Answered });
            if (answer is null or Answer.None)
            {
                if (!_unjudged.TryGetValue(replicaId, out var failure)) _unjudged.Add(replicaId, failure = FailureOf(replicaId));
                failure.Failed(cause);
            }
            else
            {
                judged++;
                End(replicaId);
            }
        }

        foreach (var gone in _unjudged.Keys.Except(answers.Select(answer => answer.ReplicaId), StringComparer.Ordinal).ToList()) End(gone);
        _replicas = answers.Count;
        if (judged > 0) _none.Succeeded();
        else _none.Failed("no replica answers");
        return judged;
    }

    private void End(string replicaId)
    {
        if (_unjudged.Remove(replicaId, out var failure)) failure.Succeeded();
    }

    private LastingFailure FailureOf(string replicaId) => new(
        new("canary_replica", (lines, cause) => Log.CanaryReplicaNotJudged(lines, replicaId, cause), Subject: replicaId), _conditions, _time, _log, quiet: TimeSpan.Zero);
}
