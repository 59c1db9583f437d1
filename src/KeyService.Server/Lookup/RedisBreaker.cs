using KeyService.Server.Observability;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>
/// Lets no call wait for a Redis that does not answer: when half of at least four calls within a second failed, none is made for a second, then one, and
/// its outcome decides. A library's pipeline took 1.5 KB and 4 of the 34 µs of a hit (<c>tests/KeyService.Benchmarks/README.md</c>).
/// </summary>
internal sealed class RedisBreaker(Metrics metrics, TimeProvider time, ILogger<RedisBreaker> log)
{
    private const int LeastCalls = 4;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LastingFailure _failing = new(new("redis_calls", Log.RedisFails, Log.RedisBack), metrics, time, log, FailureEnd.Success);
    private readonly Lock _counting = new();
    private long _windowStart;
    private int _calls;
    private int _failures;
    private long? _openedAt;
    private bool _probing;

    /// <summary>Whether a call may be made; whoever makes it says how it ended.</summary>
    public Pass Begin()
    {
        lock (_counting)
        {
            if (_openedAt is not { } opened) return Pass.Call;
            if (_probing || time.GetElapsedTime(opened) < Pause) return Pass.None;
            _probing = true;
            return Pass.Probe;
        }
    }

    /// <param name="pass">What was given at the beginning.</param>
    /// <param name="answered">False: it failed, or took too long.</param>
    /// <param name="failure">How it failed.</param>
    public void End(Pass pass, bool answered, Exception? failure = null)
    {
        if (answered) _failing.Succeeded();
        // A single call that took too long is no condition yet; one that Redis refuses is.
        else if (failure is RedisServerException) _failing.Failed(RedisCause.Of(failure));

        lock (_counting)
        {
            if (pass == Pass.Probe) Decide(answered);
            else if (_openedAt is null) Count(answered, failure);
        }
    }

    private void Decide(bool answered)
    {
        _probing = false;
        if (!answered)
        {
            _openedAt = time.GetTimestamp();
            return;
        }

        _openedAt = null;
        (_calls, _failures) = (0, 0);
        metrics.RedisBreaker(open: false);
    }

    private void Count(bool answered, Exception? failure)
    {
        if (_calls == 0 || time.GetElapsedTime(_windowStart) >= Window) (_windowStart, _calls, _failures) = (time.GetTimestamp(), 0, 0);
        _calls++;
        if (answered) return;
        _failures++;
        if (_calls < LeastCalls || _failures * 2 < _calls) return;
        _openedAt = time.GetTimestamp();
        metrics.RedisBreaker(open: true);
        if (failure is not RedisServerException) _failing.Failed(failure is null ? FailureCause.NoAnswer : RedisCause.Of(failure));
    }

    /// <summary>What a caller was given.</summary>
    internal enum Pass
    {
        None,
        Call,
        Probe,
    }
}
