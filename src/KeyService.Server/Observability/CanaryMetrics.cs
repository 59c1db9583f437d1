using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>How a round of the canary ended.</summary>
internal enum RoundOutcome
{
    /// <summary>Both changes were COMPLETE, and judged.</summary>
    Complete,

    /// <summary>A change was PENDING: judged after its effective time.</summary>
    Pending,

    /// <summary>Some replica could not be asked: the others were judged.</summary>
    Partial,

    /// <summary>No replica could be asked: nothing was judged.</summary>
    Unjudged,

    /// <summary>Somebody else switched the key meanwhile: not judged.</summary>
    Overtaken,

    /// <summary>Somebody else has switched the key since the last round: nothing was done.</summary>
    StoodBy,

    /// <summary>The database did not answer, or the key may not be switched.</summary>
    Failed,
}

/// <summary>What came of a replica that was to be asked.</summary>
internal enum CanaryAsked
{
    Answered,
    Unreachable,
    WithoutAddress,
}

/// <summary>
/// What the canary tells. Made only where it runs: a process without one exports no zero that could be taken for proof; one with it exports
/// each from the start.
/// </summary>
internal sealed class CanaryMetrics
{
    private static readonly string[] Outcomes = ["complete", "pending", "partial", "unjudged", "overtaken", "stood_by", "failed"];
    private static readonly string[] Asks = ["answered", "unreachable", "without_address"];

    private readonly long[] _rounds = new long[Outcomes.Length];
    private readonly long[] _asked = new long[Asks.Length];
    private readonly Histogram<double> _propagations;
    private long _violations;

    public CanaryMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Metrics.MeterName);
        meter.CreateObservableCounter(
            "keyservice.canary.violations", () => Volatile.Read(ref _violations), "{answer}",
            "Answers given from an older record after a change was in effect everywhere; alarm at the first.");
        meter.CreateObservableCounter(
            "keyservice.canary.rounds", () => Metrics.Counted(_rounds, "outcome", Outcomes), "{round}", "Rounds of the canary, by how they ended.");
        meter.CreateObservableCounter(
            "keyservice.canary.replicas", () => Metrics.Counted(_asked, "answer", Asks), "{replica}", "Replicas to be asked after a change, by what came of it.");
        _propagations = meter.CreateHistogram(
            "keyservice.canary.propagation", "s", "From SetStatus to COMPLETE, of the canary's key.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Metrics.PropagationSeconds });
    }

    public long Violations => Volatile.Read(ref _violations);

    public void Violated() => Interlocked.Increment(ref _violations);

    public void Propagated(TimeSpan duration) => _propagations.Record(duration.TotalSeconds);

    public void Ended(RoundOutcome outcome) => Interlocked.Increment(ref _rounds[(int)outcome]);

    public void Asked(CanaryAsked asked) => Interlocked.Increment(ref _asked[(int)asked]);

    public long Count(CanaryAsked asked) => Volatile.Read(ref _asked[(int)asked]);

    public long Count(RoundOutcome outcome) => Volatile.Read(ref _rounds[(int)outcome]);
}
