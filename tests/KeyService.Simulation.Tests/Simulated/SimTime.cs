namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Virtual time: one for the machine, and the timers of all who live on it.</summary>
internal sealed class SimTime
{
    private readonly List<Timer> _timers = [];

    public static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Since the start.</summary>
    public TimeSpan Now { get; private set; }

    public DateTimeOffset Utc => Start + Now;

    public void Advance(TimeSpan span)
    {
        Now += span;
        // Those of sleepers and of the dead stay: a late timer fires when its owner is awake again.
        _timers.RemoveAll(timer => timer.IsOver);
        foreach (var timer in _timers.Where(timer => timer.Due <= Now && timer.Owner.IsAwake).OrderBy(timer => timer.Due).ToArray())
        {
            if (!timer.IsOver) timer.Fire();
        }
    }

    /// <summary>A replica's clock: time stamps are the machine's, its calendar may be set wrong.</summary>
    public TimeProvider ClockOf(SimReplica replica, TimeSpan offset) => new Clock(this, replica, offset);

    private sealed class Clock(SimTime time, SimReplica replica, TimeSpan offset) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        // From an hour on: zero is a special value in places.
        public override long GetTimestamp() => time.Now.Ticks + TimeSpan.TicksPerHour;

        public override DateTimeOffset GetUtcNow() => time.Utc + offset;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(time, replica, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class Timer(SimTime time, SimReplica owner, TimerCallback callback, object? state) : ITimer
    {
        public SimReplica Owner => owner;

        public TimeSpan Due { get; private set; } = TimeSpan.MaxValue;

        public bool IsOver { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : time.Now + dueTime;
            if (!time._timers.Contains(this)) time._timers.Add(this);
            return true;
        }

        public void Fire()
        {
            IsOver = true;
            callback(state);
        }

        public void Dispose() => IsOver = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
