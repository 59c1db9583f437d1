using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>
/// Bounds how many lines of one kind (category and event) are written in a minute, whoever causes them; those left out are counted in a line of their own and in
/// a metric. The framework has sampling, which drops at random and says nothing of it, and no limit of rate.
/// </summary>
internal sealed class LogLimiter : IDisposable
{
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Warnings and errors of libraries, which a client may be able to cause.</summary>
    public const int MaxForeign = 10;

    /// <summary>The service's own warnings and errors: those that a client can cause are bounded where they are written, too.</summary>
    public const int MaxOwn = 60;

    /// <summary>What is only written when the operator asks for it.</summary>
    public const int MaxDetail = 6_000;

    /// <summary>Libraries have some hundred events. One more than this shares its limit with all others beyond.</summary>
    public const int MaxKinds = 1_024;

    private static readonly Kind Others = new("other", 0, IsDetail: false, IsOwn: false);

    private readonly ConcurrentDictionary<Kind, Lines> _lines = new();
    private readonly Counter<long> _counter;
    private readonly ITimer _timer;
    private volatile ILogger? _log;

    public LogLimiter(IMeterFactory meters, TimeProvider time)
    {
        _counter = meters.Create(Metrics.MeterName).CreateCounter<long>(
            "keyservice.log.lines", "{line}", "Warnings and errors that libraries logged, by category and event; written=\"false\": left out of the log beyond its rate.");
        _timer = time.CreateTimer(_ => BeginPeriod(), null, Period, Period);
    }

    /// <summary>Where lines left out are counted; writes past the limit.</summary>
    public void WriteTo(ILogger log) => _log = log;

    /// <summary>Whether this line is written.</summary>
    public bool Admits(string category, EventId id, LogLevel level, bool isOwn)
    {
        var kind = new Kind(category, id.Id, IsDetail: level < LogLevel.Warning, isOwn);
        if (!_lines.TryGetValue(kind, out var lines))
            lines = _lines.GetOrAdd(_lines.Count < MaxKinds ? kind : Others with { IsDetail = kind.IsDetail }, static _ => new());
        var isWritten = Interlocked.Increment(ref lines.Count) <= kind.Limit;
        if (level >= LogLevel.Warning && !isOwn)
        {
            var isOther = _lines.Count >= MaxKinds && !_lines.ContainsKey(kind);
            _counter.Add(
                1,
                new("category", isOther ? Others.Category : category), new("event", isOther ? Others.EventId : id.Id), new("written", isWritten ? "true" : "false"));
        }

        return isWritten;
    }

    public void Dispose() => _timer.Dispose();

    private void BeginPeriod()
    {
        foreach (var (kind, lines) in _lines)
        {
            var left = Interlocked.Exchange(ref lines.Count, 0) - kind.Limit;
            if (left > 0) Write(left, kind);
        }
    }

    /// <summary>Past the guard of <see cref="GuardedLoggerFactory"/>, and from a timer: a provider that throws would end the process.</summary>
    private void Write(long left, Kind kind)
    {
        try
        {
            if (_log is { } log) Log.LinesLeftOut(log, left, kind.Category, kind.EventId, Period);
        }
        catch (Exception)
        {
            // The line is lost; the metric has counted.
        }
    }

    private sealed record Kind(string Category, int EventId, bool IsDetail, bool IsOwn)
    {
        public int Limit => IsDetail ? MaxDetail : IsOwn ? MaxOwn : MaxForeign;
    }

    private sealed class Lines
    {
        /// <summary>In this period.</summary>
        public long Count;
    }
}
