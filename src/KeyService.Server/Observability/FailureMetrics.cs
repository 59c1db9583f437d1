using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>Lasting conditions (<see cref="LastingFailure"/>), by name and cause.</summary>
internal sealed partial class Metrics
{
    /// <summary>Those that last: cause by name.</summary>
    private readonly ConcurrentDictionary<string, string> _conditions = new(StringComparer.Ordinal);

    private Counter<long> _conditionFailures = null!;

    public void ConditionFailed(string name, string cause)
    {
        _conditionFailures.Add(1, new("condition", name), new("cause", cause));
        _conditions[name] = cause;
    }

    public void ConditionOver(string name) => _conditions.TryRemove(name, out _);

    private void CreateFailureInstruments()
    {
        _conditionFailures = _meter.CreateCounter<long>("keyservice.condition.failures", "{failure}", "Failures of conditions that may last, by condition and cause.");
        _meter.CreateObservableGauge(
            "keyservice.condition.active", ActiveConditions, "1",
            "1 while a condition lasts, by condition (such as redis, writes, feed) and cause; there is no series of one that does not.");
    }

    private IEnumerable<Measurement<long>> ActiveConditions() =>
        _conditions.Select(condition => new Measurement<long>(
            1, new KeyValuePair<string, object?>("condition", condition.Key), new KeyValuePair<string, object?>("cause", condition.Value)));
}
