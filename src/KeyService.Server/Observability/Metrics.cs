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

/// <summary>Why a call was refused for want of a permit.</summary>
internal enum RefusalCause
{
    /// <summary>Too many calls of its class are under way.</summary>
    Full,

    /// <summary>Too many of them are this caller's.</summary>
    CallerShare,

    /// <summary>Too many credentials are being checked; it is not known whose calls these are.</summary>
    Credential,
}

/// <summary>Every instrument of the service, with its unit. None carries a key, a digest, a name or a workspace.</summary>
internal sealed partial class Metrics : IDisposable
{
    public const string MeterName = "KeyService";

    private static readonly string[] Sources = ["memory", "tag", "redis", "database"];

    private static readonly string[] Classes = ["validation", "management"];

    private static readonly string[] Causes = ["full", "caller_share", "credential"];

    /// <summary>From a memory hit to a call that is late by any measure: the default bounds are meant for milliseconds.</summary>
    private static readonly double[] CallSeconds =
        [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    // On the hot path, where a counter of the library searches its tags each time: numbers of our own, read when they are asked for.
    private readonly StripedCounters _lookups = new(Sources.Length);
    private readonly StripedCounters _verdicts;

    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Histogram<double> _calls;
    private readonly long[] _refused = new long[Classes.Length * Causes.Length];
    private readonly Counter<long> _redisFailures;
    private readonly Counter<long> _redisRejected;
    private readonly Counter<long> _usageFlushed;
    private readonly Counter<long> _usageFlushFailures;
    private readonly Counter<long> _purged;
    private long _auditEvents;
    private long _auditFingerprint;
    private int _breakerOpen;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="verdicts">The names of the verdicts, by their number.</param>
    /// <param name="time">The clock.</param>
    public Metrics(IMeterFactory meters, VerdictNames verdicts, TimeProvider time)
    {
        _time = time;
        _verdicts = new(verdicts.All.Count);
        _meter = meters.Create(MeterName);
        _calls = _meter.CreateHistogram(
            "rpc.server.call.duration", "s", "Time from a call's arrival at the service to its answer.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = CallSeconds });
        _meter.CreateObservableCounter(
            "keyservice.lookups", () => Counted(_lookups, "source", Sources), "{lookup}", "Look-ups by where they were answered; tag: forged, no read.");
        _meter.CreateObservableCounter(
            "keyservice.verdicts", () => Counted(_verdicts, "verdict", verdicts.All), "{verdict}", "Answers of ValidateKey.");
        _meter.CreateObservableCounter(
            "keyservice.calls.refused", CountedRefusals, "{call}", "Calls refused at once because too many of their class, or of their caller, were under way.");
        _redisFailures = _meter.CreateCounter<long>("keyservice.redis.failures", "{call}", "Calls to Redis that failed or took over 50 ms.");
        _redisRejected = _meter.CreateCounter<long>("keyservice.redis.rejected", "{value}", "Values in Redis that this process did not write.");
        _usageFlushed = _meter.CreateCounter<long>("keyservice.usage.flushed", "{key}", "Last-used times written.");
        _usageFlushFailures = _meter.CreateCounter<long>("keyservice.usage.flush_failures", "{flush}", "Flushes of last-used times that failed.");
        _purged = _meter.CreateCounter<long>("keyservice.purged", "{row}", "Rows removed beyond their retention.");
        _meter.CreateObservableGauge("keyservice.redis.breaker_open", () => Volatile.Read(ref _breakerOpen), "1", "1 while Redis is not asked.");
        _propagations = CreateReplicationInstruments();
        CreateFailureInstruments();
        _meter.CreateObservableGauge(
            "keyservice.audit.head_events", () => Interlocked.Read(ref _auditEvents), "{event}",
            "Audit events ever written, over all chains, as of the start of the process and by its own changes since: less is a chain cut or a store set back.");
        _meter.CreateObservableGauge(
            "keyservice.audit.head_fingerprint", () => Interlocked.Read(ref _auditFingerprint), "1",
            "The first 48 bits of each chain's last MAC, combined by exclusive or, as of the start of the process and by its own changes since; `keyservice verify-audit` prints it for the store.");
    }

    public void LookedUp(LookupSource source) => _lookups.Add((int)source);

    /// <param name="verdict">Its number, as <see cref="VerdictNames"/> counts them.</param>
    /// <param name="times">How many such answers.</param>
    public void Answered(int verdict, long times = 1) => _verdicts.Add(verdict, times);

    /// <param name="validation">Else management.</param>
    /// <param name="cause">Why.</param>
    public void Refused(bool validation, RefusalCause cause) => Interlocked.Increment(ref _refused[((validation ? 0 : 1) * Causes.Length) + (int)cause]);

    public void Called(string rpc, string status, long startTimestamp) => _calls.Record(
        _time.GetElapsedTime(startTimestamp).TotalSeconds,
        new KeyValuePair<string, object?>("rpc.method", rpc), new KeyValuePair<string, object?>("rpc.response.status_code", status));

    public void RedisFailed() => _redisFailures.Add(1);

    public void RedisRejected() => _redisRejected.Add(1);

    public void RedisBreaker(bool open) => Volatile.Write(ref _breakerOpen, open ? 1 : 0);

    public void UsageFlushed(int keys) => _usageFlushed.Add(keys);

    public void UsageFlushFailed() => _usageFlushFailures.Add(1);

    public void Purged(string table, long rows) => _purged.Add(rows, new KeyValuePair<string, object?>("table", table));

    /// <summary>What the chains are at the start of the process; later changes are told by <see cref="AuditHeadMoved"/>.</summary>
    public void AuditHeadsAre(long events, long fingerprint)
    {
        Interlocked.Exchange(ref _auditEvents, events);
        Interlocked.Exchange(ref _auditFingerprint, fingerprint);
    }

    /// <summary>A chain has this many more events, and its last MAC changed from one to the other.</summary>
    public void AuditHeadMoved(long events, ReadOnlySpan<byte> macBefore, ReadOnlySpan<byte> mac)
    {
        Interlocked.Add(ref _auditEvents, events);
        var change = AuditFingerprint(macBefore) ^ AuditFingerprint(mac);
        long present;
        do present = Interlocked.Read(ref _auditFingerprint);
        while (Interlocked.CompareExchange(ref _auditFingerprint, present ^ change, present) != present);
    }

    /// <summary>The first 48 bits of a MAC, as many as a number of any metrics system holds exactly.</summary>
    public static long AuditFingerprint(ReadOnlySpan<byte> mac)
    {
        long fingerprint = 0;
        foreach (var b in mac[..6]) fingerprint = (fingerprint << 8) | b;
        return fingerprint;
    }

    public void ObserveCache(Func<int> entries) => _meter.CreateObservableGauge(
        "keyservice.cache.entries", entries, "{key}", "Keys kept in memory.");

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> CountedRefusals() => _refused.Select((_, i) => new Measurement<long>(
        Volatile.Read(ref _refused[i]),
        new KeyValuePair<string, object?>("class", Classes[i / Causes.Length]), new KeyValuePair<string, object?>("cause", Causes[i % Causes.Length])));

    internal static IEnumerable<Measurement<long>> Counted(StripedCounters counters, string tag, IReadOnlyList<string> names) =>
        Counted([.. Enumerable.Range(0, counters.Count).Select(counters.Read)], tag, names);

    internal static IEnumerable<Measurement<long>> Counted(long[] counts, string tag, IReadOnlyList<string> names) =>
        counts.Select((_, i) => new Measurement<long>(Volatile.Read(ref counts[i]), new KeyValuePair<string, object?>(tag, names[i])));
}

/// <summary>The names of the verdicts, for their metric.</summary>
internal sealed record VerdictNames(IReadOnlyList<string> All);
