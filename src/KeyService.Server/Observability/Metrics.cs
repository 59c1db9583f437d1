using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>Where a look-up found its answer.</summary>
internal enum LookupSource
{
    Memory,
    Tag,
    Redis,
    Database,
}

/// <summary>Every instrument of the service, with its unit. None carries a key, a digest or a name.</summary>
internal sealed class Metrics : IDisposable
{
    public const string MeterName = "KeyService";

    /// <summary>Chains shown one by one; the rest is for <c>keyservice verify-audit</c>.</summary>
    public const int MaxAuditHeads = 1_000;

    private static readonly KeyValuePair<string, object?>[] Sources =
        [new("source", "memory"), new("source", "tag"), new("source", "redis"), new("source", "database")];

    /// <summary>From a memory hit to a call that is late by any measure.</summary>
    private static readonly double[] CallSeconds = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    private readonly Meter _meter;
    private readonly Histogram<double> _calls;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _verdicts;
    private readonly Counter<long> _redisFailures;
    private readonly Counter<long> _redisRejected;
    private readonly Counter<long> _usageFlushed;
    private readonly Counter<long> _usageFlushFailures;
    private readonly Counter<long> _purged;
    private readonly ConcurrentDictionary<string, AuditHead> _auditHeads = new(StringComparer.Ordinal);
    private int _breakerOpen;

    public Metrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _calls = _meter.CreateHistogram<double>("rpc.server.call.duration", "s", "Time from a call's arrival at the service to its answer.",
            tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = CallSeconds });
        _lookups = _meter.CreateCounter<long>("keyservice.lookups", "{lookup}", "Look-ups by where they were answered; tag: forged, no read.");
        _verdicts = _meter.CreateCounter<long>("keyservice.verdicts", "{verdict}", "Answers of ValidateKey.");
        _redisFailures = _meter.CreateCounter<long>("keyservice.redis.failures", "{call}", "Calls to Redis that failed or took over 50 ms.");
        _redisRejected = _meter.CreateCounter<long>("keyservice.redis.rejected", "{value}", "Values in Redis that this process did not write.");
        _usageFlushed = _meter.CreateCounter<long>("keyservice.usage.flushed", "{key}", "Last-used times written.");
        _usageFlushFailures = _meter.CreateCounter<long>("keyservice.usage.flush_failures", "{flush}", "Flushes of last-used times that failed.");
        _purged = _meter.CreateCounter<long>("keyservice.purged", "{row}", "Rows removed beyond their retention.");
        _meter.CreateObservableGauge("keyservice.redis.breaker_open", () => Volatile.Read(ref _breakerOpen), "1", "1 while Redis is not asked.");
        _meter.CreateObservableGauge(
            "keyservice.audit.head_sequence", () => Heads(head => head.Sequence), "{event}", "The number of the newest audit event.");
        _meter.CreateObservableGauge(
            "keyservice.audit.head_fingerprint", () => Heads(head => head.Fingerprint), "1",
            "The first 48 bits of the newest event's MAC: a store set back to an older state shows here.");
    }

    public void LookedUp(LookupSource source) => _lookups.Add(1, Sources[(int)source]);

    public void Answered(string verdict) => _verdicts.Add(1, new KeyValuePair<string, object?>("verdict", verdict));

    public void Called(string rpc, string status, long startTimestamp) => _calls.Record(
        Stopwatch.GetElapsedTime(startTimestamp).TotalSeconds,
        new KeyValuePair<string, object?>("rpc.method", rpc), new KeyValuePair<string, object?>("rpc.response.status_code", status));

    public void RedisFailed() => _redisFailures.Add(1);

    public void RedisRejected() => _redisRejected.Add(1);

    public void RedisBreaker(bool open) => Volatile.Write(ref _breakerOpen, open ? 1 : 0);

    public void UsageFlushed(int keys) => _usageFlushed.Add(keys);

    public void UsageFlushFailed() => _usageFlushFailures.Add(1);

    public void Purged(string table, long rows) => _purged.Add(rows, new KeyValuePair<string, object?>("table", table));

    /// <summary>The chain of a workspace has a new end, in a transaction that was acknowledged.</summary>
    public void AuditHeadMoved(string workspaceId, long sequence, ReadOnlySpan<byte> mac)
    {
        long fingerprint = 0;
        foreach (var b in mac[..6]) fingerprint = (fingerprint << 8) | b;
        var head = new AuditHead(sequence, fingerprint);
        if (_auditHeads.Count < MaxAuditHeads || _auditHeads.ContainsKey(workspaceId))
            _auditHeads.AddOrUpdate(workspaceId, head, (_, known) => known.Sequence > sequence ? known : head);
    }

    public void ObserveCache(Func<int> entries) => _meter.CreateObservableGauge(
        "keyservice.cache.entries", entries, "{key}", "Keys kept in memory.");

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Heads(Func<AuditHead, long> value) =>
        _auditHeads.Select(head => new Measurement<long>(value(head.Value), new KeyValuePair<string, object?>("workspace_id", head.Key)));

    private readonly record struct AuditHead(long Sequence, long Fingerprint);
}
