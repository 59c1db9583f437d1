using System.Diagnostics.Metrics;

namespace KeyService.Server.Observability;

/// <summary>Why the service ended a connection, or did not begin one.</summary>
internal enum ConnectionEnd
{
    /// <summary>All connections have carried a valid credential.</summary>
    Refused,

    /// <summary>It had no valid credential, and a new one took its place.</summary>
    Replaced,

    /// <summary>Its caller has too many.</summary>
    Share,

    /// <summary>Its socket was closed and its task did not end.</summary>
    Abandoned,
}

/// <summary>
/// Counts the connections that the service itself ends, and the pages of the console that it refuses; Kestrel's instruments
/// count all others. One log line when that begins.
/// </summary>
internal sealed class ConnectionMetrics : IDisposable
{
    private static readonly string[] Ends = ["refused", "replaced", "share", "abandoned"];

    /// <summary>After so long without one the next is a new beginning.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly long[] _closed = new long[Ends.Length];
    private readonly long[] _last = new long[Ends.Length];
    private readonly TimeProvider _time;
    private readonly ILogger<ConnectionMetrics> _log;
    private readonly Meter _meter;
    private long _pagesRefused;
    private long _lastPageRefused;

    public ConnectionMetrics(IMeterFactory meters, TimeProvider time, ILogger<ConnectionMetrics> log)
    {
        _time = time;
        _log = log;
        _meter = meters.Create(Metrics.MeterName);
        _meter.CreateObservableCounter(
            "keyservice.connections.closed", () => Metrics.Counted(_closed, "reason", Ends), "{connection}",
            "Connections that were refused or closed by the service: for want of room (refused, replaced, share), or because their task did not end (abandoned).");
        _meter.CreateObservableCounter(
            "keyservice.pages.refused", () => Volatile.Read(ref _pagesRefused), "{page}",
            "Pages of the console that were refused because too many were made or open.");
    }

    public void Closed(ConnectionEnd end)
    {
        Interlocked.Increment(ref _closed[(int)end]);
        if (Begins(ref _last[(int)end])) Log.ConnectionsClosed(_log, Ends[(int)end]);
    }

    public void PageRefused()
    {
        Interlocked.Increment(ref _pagesRefused);
        if (Begins(ref _lastPageRefused)) Log.PagesRefused(_log);
    }

    public void Dispose() => _meter.Dispose();

    private bool Begins(ref long lastOne)
    {
        var now = _time.GetTimestamp();
        var last = Interlocked.Exchange(ref lastOne, now);
        return last == 0 || _time.GetElapsedTime(last, now) > Quiet;
    }
}
