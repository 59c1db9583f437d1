using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>What replication tells of itself.</summary>
internal sealed partial class Metrics
{
    /// <summary>From a change that everybody has at once to one that waits for a lease.</summary>
    internal static readonly double[] PropagationSeconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

    /// <summary>By the number of <c>Disbelief</c>; the first is none.</summary>
    private static readonly string[] Disbeliefs = ["none", "started_as_new", "lease", "changed"];

    private readonly long[] _notBelieved = new long[Disbeliefs.Length];
    private readonly Histogram<double> _propagations;
    private Counter<long> _feedFailures = null!;
    private Counter<long> _startsAsNew = null!;
    private long _lastCycle;
    private long _leaseEnd;
    private double _watermarkAge;
    private int _floors;
    private int _pendingReplicas;

    public void FeedCycled(long timestamp, TimeSpan leaseLeft, TimeSpan watermarkAge, int floors)
    {
        Volatile.Write(ref _lastCycle, timestamp);
        Volatile.Write(ref _leaseEnd, timestamp + (long)(leaseLeft.TotalSeconds * _time.TimestampFrequency));
        Volatile.Write(ref _watermarkAge, watermarkAge.TotalSeconds);
        Volatile.Write(ref _floors, floors);
    }

    public void FeedFailed() => _feedFailures.Add(1);

    public void StartedAsNew(string reason) => _startsAsNew.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="disbelief">Its number.</param>
    public void NotBelieved(int disbelief) => Interlocked.Increment(ref _notBelieved[disbelief]);

    public void Propagated(TimeSpan duration, bool complete, int pendingReplicas)
    {
        _propagations.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("state", complete ? "complete" : "pending"));
        Volatile.Write(ref _pendingReplicas, pendingReplicas);
    }

    private Histogram<double> CreateReplicationInstruments()
    {
        _feedFailures = _meter.CreateCounter<long>("keyservice.feed.failures", "{cycle}", "Cycles of the feed that the database did not answer.");
        _startsAsNew = _meter.CreateCounter<long>("keyservice.replica.starts_as_new", "{start}", "Times at which this replica dropped all that it knew, by reason.");
        _meter.CreateObservableGauge(
            "keyservice.feed.lag", () => Volatile.Read(ref _lastCycle) is var last and > 0 ? _time.GetElapsedTime(last).TotalSeconds : 0, "s",
            "Since the last cycle of the feed that was applied.");
        _meter.CreateObservableGauge("keyservice.lease.left", LeaseLeft, "s", "For how long this replica may answer from what it keeps.");
        _meter.CreateObservableGauge(
            "keyservice.watermark.age", () => Volatile.Read(ref _watermarkAge), "s",
            "For how long an open transaction has held the feed's watermark back; alarm past 10 s.");
        _meter.CreateObservableGauge("keyservice.floors", () => Volatile.Read(ref _floors), "{key}", "Changed keys that are remembered.");
        _meter.CreateObservableGauge(
            "keyservice.propagation.pending_replicas", () => Volatile.Read(ref _pendingReplicas), "{replica}", "Replicas that had not confirmed the last change.");
        _meter.CreateObservableCounter(
            "keyservice.cache.not_believed", () => Counted(_notBelieved, "reason", Disbeliefs).Skip(1), "{answer}", "Kept answers that might not be used, by reason.");
        return _meter.CreateHistogram(
            "keyservice.propagation.duration", "s", "From the acknowledgement of a change to its answer.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = PropagationSeconds });
    }

    private double LeaseLeft()
    {
        var left = (Volatile.Read(ref _leaseEnd) - _time.GetTimestamp()) / (double)_time.TimestampFrequency;
        return left > 0 ? left : 0;
    }
}
