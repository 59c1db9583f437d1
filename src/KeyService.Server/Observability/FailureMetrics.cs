using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>Lasting conditions (<see cref="LastingFailure"/>), by name and cause.</summary>
internal sealed partial class Metrics
{
    /// <summary>Those that last: cause by name and subject.</summary>
    private readonly ConcurrentDictionary<(string Name, string Subject), string> _conditions = new();

    private Counter<long> _conditionFailures = null!;

    /// <param name="name">A label.</param>
    /// <param name="cause">A label.</param>
    /// <param name="subject">Tells those of one name apart; no label.</param>
    public void ConditionFailed(string name, string cause, string subject = "")
    {
        _conditionFailures.Add(1, new("condition", name), new("cause", cause));
        _conditions[(name, subject)] = cause;
    }

    public void ConditionOver(string name, string subject = "") => _conditions.TryRemove((name, subject), out _);

    private void CreateFailureInstruments()
    {
        _conditionFailures = _meter.CreateCounter<long>("keyservice.condition.failures", "{failure}", "Failures of conditions that may last, by condition and cause.");
        _meter.CreateObservableGauge(
            "keyservice.condition.active", ActiveConditions, "1",
            "1 while a condition lasts, by condition (such as redis, writes, feed) and cause; there is no series of one that does not.");
    }

    private IEnumerable<Measurement<long>> ActiveConditions() =>
        _conditions.Select(condition => (condition.Key.Name, Cause: condition.Value)).Distinct().Select(condition => new Measurement<long>(
            1, new KeyValuePair<string, object?>("condition", condition.Name), new KeyValuePair<string, object?>("cause", condition.Cause)));
}
