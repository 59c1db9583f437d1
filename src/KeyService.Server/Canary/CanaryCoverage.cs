using KeyService.AdminConsole.Service;
using KeyService.Server.Observability;

namespace KeyService.Server.Canary;

/// <summary>How many replicas the canary judges, and why not the others. A round that judges none finds no violation whatever the replicas do.</summary>
internal sealed class CanaryCoverage(CanaryMetrics metrics, TimeProvider time, ILogger log)
{
    private readonly Dictionary<string, ConnectionLog> _unjudged = new(StringComparer.Ordinal);
    private readonly ConnectionLog _none = new(time);

    /// <returns>How many can be judged.</returns>
    public int Count(IReadOnlyList<ReplicaAnswer> answers)
    {
        var judged = 0;
        foreach (var (replicaId, answer, cause) in answers)
        {
            metrics.Asked(answer switch { null => CanaryAsked.WithoutAddress, Answer.None => CanaryAsked.Unreachable, _ => CanaryAsked.Answered });
            if (answer is null or Answer.None)
            {
                if (!_unjudged.TryGetValue(replicaId, out var failures)) _unjudged.Add(replicaId, failures = new(time));
                if (failures.IsDue(cause)) Log.CanaryReplicaNotJudged(log, replicaId, cause);
            }
            else
            {
                judged++;
                _unjudged.Remove(replicaId);
            }
        }

        foreach (var gone in _unjudged.Keys.Except(answers.Select(answer => answer.ReplicaId), StringComparer.Ordinal).ToList()) _unjudged.Remove(gone);
        if (judged > 0) _none.Reached();
        else if (_none.IsDue("")) Log.CanaryJudgedNone(log, answers.Count);
        return judged;
    }
}
