using System.Diagnostics;

namespace KeyService.Benchmarks.Load;

/// <summary>Calls of one kind on connections of their own, which it keeps from slice to slice.</summary>
internal sealed class Flow : IDisposable
{
    private const int ResourceExhausted = 8;

    /// <summary>What is late goes to a connection together, so that the generator is not what is overloaded.</summary>
    private const int Burst = 8;

    private readonly Calls _calls;
    private readonly Http2Connection[] _connections;
    private readonly Action<CallEnd> _ended;
    private readonly List<double> _latencies = [];
    private readonly List<double> _rejected = [];
    private long _begin, _measured, _end, _now, _sent;
    private long _completed, _all, _failed, _wrong;
    private double _next, _step;

    public Flow(int port, Calls calls, int connections)
    {
        _calls = calls;
        _ended = Ended;
        _connections = [.. Enumerable.Range(0, connections).Select(_ => new Http2Connection(port, calls))];
    }

    /// <summary>Closed loop: so many calls are always under way on each connection, as fast as the server answers.</summary>
    public int Streams { get; init; } = Http2Connection.MostUnderWay;

    /// <summary>
    /// Open loop: calls are due at their times whether or not earlier ones were answered, and a late start counts as latency. Null: closed loop.
    /// </summary>
    public double? PerSecond { get; set; }

    public bool IsUnderWay => Array.Exists(_connections, connection => connection.UnderWay > 0);

    /// <summary>Calls that were due before and never sent are given up.</summary>
    public void Begin(long now, long measured, long end)
    {
        (_begin, _measured, _end, _next) = (now, measured, end, now);
        _step = Stopwatch.Frequency / (PerSecond ?? 1);
        _completed = _all = _failed = _wrong = 0;
        _latencies.Clear();
        _rejected.Clear();
        if (PerSecond is { } rate) _latencies.EnsureCapacity((int)(rate * (end - measured) / Stopwatch.Frequency * 1.1));
    }

    /// <summary>Takes what has arrived and sends what is due. False: there was nothing to do.</summary>
    public bool Step()
    {
        var any = false;
        foreach (var connection in _connections)
        {
            _now = Stopwatch.GetTimestamp();
            any |= connection.Receive(_ended);
            if (PerSecond is null)
            {
                while (connection.UnderWay < Math.Min(Streams, connection.MaxUnderWay) && TrySend(connection, _now)) any = true;
            }

            for (var i = 0; PerSecond is not null && i < Burst && _next <= _now && connection.UnderWay < connection.MaxUnderWay; i++)
            {
                if (!TrySend(connection, (long)_next)) break;
                _next += _step;
                any = true;
            }

            connection.Flush();
        }

        return any;
    }

    /// <summary>Takes what has arrived and sends nothing more.</summary>
    public void Drain()
    {
        foreach (var connection in _connections)
        {
            _now = Stopwatch.GetTimestamp();
            connection.Receive(_ended);
            connection.Flush();
        }
    }

    /// <summary>A call that was due and not sent, or not answered, has waited at least until now: left out, the longest waits would not count.</summary>
    public Slice Result()
    {
        var now = Stopwatch.GetTimestamp();
        if (PerSecond is not null)
            _latencies.AddRange(_connections.SelectMany(connection => connection.Waiting).Where(due => due >= _measured && due < _end).Select(due => Stopwatch.GetElapsedTime(due, now).TotalSeconds));
        var notSent = 0L;
        for (var due = Math.Max(_next, _measured); PerSecond is not null && due < _end; due += _step, notSent++)
            _latencies.Add(Stopwatch.GetElapsedTime((long)due, _end).TotalSeconds);
        _latencies.Sort();
        _rejected.Sort();
        return new(_completed, _all, Stopwatch.GetElapsedTime(_measured, _end).TotalSeconds, [.. _latencies])
        {
            Rejected = [.. _rejected], Failed = _failed, Wrong = _wrong, NotSent = notSent,
        };
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private bool TrySend(Http2Connection connection, long intended)
    {
        var body = _calls.Bodies[(int)(_sent % _calls.Bodies.Count)];
        if (!connection.CanSend(body)) return false;
        connection.Send(body, intended, _now);
        _sent++;
        return true;
    }

    private void Ended(CallEnd call)
    {
        // Of the slice before.
        if (call.Sent < _begin) return;
        _all++;
        if (call.Status == 0 && !call.IsRight) _wrong++;
        if (PerSecond is not null && call.IsRight && call.Intended >= _measured && call.Intended < _end)
            _latencies.Add(Stopwatch.GetElapsedTime(call.Intended, _now).TotalSeconds);
        if (_now < _measured || _now >= _end) return;
        if (call.IsRight) _completed++;
        else if (call.Status == ResourceExhausted) _rejected.Add(Stopwatch.GetElapsedTime(call.Sent, _now).TotalSeconds);
        else if (call.Status != 0) _failed++;
    }
}
