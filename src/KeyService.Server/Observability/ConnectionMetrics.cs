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

/// <summary>Counts the connections that the service itself ends; Kestrel's own instruments count all others. One log line when that begins.</summary>
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

    public ConnectionMetrics(IMeterFactory meters, TimeProvider time, ILogger<ConnectionMetrics> log)
    {
        _time = time;
        _log = log;
        _meter = meters.Create(Metrics.MeterName);
        _meter.CreateObservableCounter(
            "keyservice.connections.closed", () => Metrics.Counted(_closed, "reason", Ends), "{connection}",
            "Connections that were refused or closed by the service: for want of room (refused, replaced, share), or because their task did not end (abandoned).");
    }

    public void Closed(ConnectionEnd end)
    {
        Interlocked.Increment(ref _closed[(int)end]);
        var now = _time.GetTimestamp();
        var last = Interlocked.Exchange(ref _last[(int)end], now);
        if (last == 0 || _time.GetElapsedTime(last, now) > Quiet) Log.ConnectionsClosed(_log, Ends[(int)end]);
    }

    public void Dispose() => _meter.Dispose();
}
