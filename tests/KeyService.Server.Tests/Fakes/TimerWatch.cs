using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Fakes;

/// <summary>Fake time that tells of each timer as it is armed, so that a test advances only what is there to ring.</summary>
internal sealed class TimerWatch(DateTimeOffset start) : FakeTimeProvider(start)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<TimeSpan> _armed = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>When the next timer that nobody has asked for yet is to ring.</summary>
    public Task<TimeSpan> NextTimerAsync() => _armed.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _armed.Writer.TryWrite(dueTime);
        return timer;
    }
}
