namespace KeyService.Server.Observability;

/// <summary>
/// A failure that lasts, such as a Redis that cannot be reached: logged when it begins and when its cause changes, every five minutes with a count while it
/// lasts, and once when it is over. While it lasts <c>keyservice.condition.active</c> is 1, with its cause; <c>keyservice.condition.failures</c> counts.
/// </summary>
/// <remarks>Cheap while nothing fails: <see cref="Succeeded"/> is then one read. Safe from any thread.</remarks>
internal sealed class LastingFailure
{
    public static readonly TimeSpan ReminderInterval = TimeSpan.FromMinutes(5);

    /// <summary>What comes back within that time was not over: half of the calls may fail.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    /// <summary>Logged in one interval between reminders; causes beyond are counted.</summary>
    private const int MaxCauses = 8;

    private readonly FailureLines _text;
    private readonly Metrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly FailureEnd _ends;
    private readonly TimeSpan _quiet;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _causes = new(StringComparer.Ordinal);
    private bool _active;
    private bool _succeeded;
    private string _cause = "";
    private long _began;
    private long _failed;
    private long _logged;
    private long _count;
    private long _countLogged;
    private ITimer? _watch;

    /// <param name="text">Its name and its lines.</param>
    /// <param name="metrics">Where it is counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where its lines go.</param>
    /// <param name="ends">What ends it.</param>
    /// <param name="quiet">How long after its last failure it is over; <see cref="Quiet"/>.</param>
    public LastingFailure(FailureLines text, Metrics metrics, TimeProvider time, ILogger log, FailureEnd ends = FailureEnd.SuccessOfLoop, TimeSpan? quiet = null) =>
        (_text, _metrics, _time, _log, _ends, _quiet) = (text, metrics, time, log, ends, quiet ?? Quiet);

    /// <param name="cause">In fixed words: it becomes a label of a metric, and nothing in it may come from outside.</param>
    public void Failed(string cause)
    {
        lock (_lock)
        {
            _metrics.ConditionFailed(_text.Name, cause, _text.Subject);
            (_failed, _cause, _succeeded) = (_time.GetTimestamp(), cause, false);
            if (!_active) Begin();
            _count++;
            if (_causes.Count < MaxCauses && _causes.Add(cause))
            {
                _text.Begins(_log, cause);
                Logged();
            }

            Remind();
        }
    }

    /// <summary>For <see cref="FailureEnd.SuccessOfLoop"/> to be called again and again; the others need it once.</summary>
    public void Succeeded()
    {
        if (!Volatile.Read(ref _active)) return;
        lock (_lock)
        {
            _succeeded = true;
            EndWhenQuiet();
        }
    }

    private void Begin()
    {
        (_began, _count, _countLogged) = (_failed, 0, 0);
        _causes.Clear();
        Volatile.Write(ref _active, true);
        if (_ends != FailureEnd.SuccessOfLoop) _watch = _time.CreateTimer(_ => Watch(), null, WatchInterval, WatchInterval);
    }

    private void Watch()
    {
        lock (_lock)
        {
            if (!_active) return;
            Remind();
            EndWhenQuiet();
        }
    }

    private void Remind()
    {
        if (_time.GetElapsedTime(_logged) < ReminderInterval) return;
        Log.ConditionLasts(_log, Since(), NameInLines, _cause, _count - _countLogged);
        _causes.Clear();
        _causes.Add(_cause);
        Logged();
    }

    private void EndWhenQuiet()
    {
        if (!_active || !(_succeeded || _ends == FailureEnd.Quiet) || _time.GetElapsedTime(_failed) < _quiet) return;
        Volatile.Write(ref _active, false);
        _metrics.ConditionOver(_text.Name, _text.Subject);
        _watch?.Dispose();
        _watch = null;
        if (_text.Ends is { } ends) ends(_log);
        else Log.ConditionOver(_log, Since(), NameInLines, _count);
    }

    private string NameInLines => _text.Subject.Length == 0 ? _text.Name : $"{_text.Name} {_text.Subject}";

    private void Logged() => (_logged, _countLogged) = (_time.GetTimestamp(), _count);

    private TimeSpan Since() => TimeSpan.FromSeconds(Math.Round(_time.GetElapsedTime(_began).TotalSeconds));
}

/// <param name="Name">As the metrics and the lines that follow the first name it: words with underscores.</param>
/// <param name="Begins">Logs that it begins, and why.</param>
/// <param name="Ends">Logs that it is over; null: a line that says so with the name.</param>
/// <param name="Subject">Tells those of one name apart in the lines, such as by a replica's id; no label of a metric.</param>
internal sealed record FailureLines(string Name, Action<ILogger, string> Begins, Action<ILogger>? Ends = null, string Subject = "");

/// <summary>What ends a <see cref="LastingFailure"/>.</summary>
internal enum FailureEnd
{
    /// <summary>Something that is tried again and again, and succeeds: no timer is needed.</summary>
    SuccessOfLoop,

    /// <summary>One success; nothing may be tried after it for long.</summary>
    Success,

    /// <summary>No failure for a while: there is nothing that says of success.</summary>
    Quiet,
}
