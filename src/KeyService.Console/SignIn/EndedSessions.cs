using System.Collections.Concurrent;
using System.Security.Claims;
using KeyService.AdminConsole.Service;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// Sessions that ended before their cookie did: a copy of it, and pages that are still open, get nothing any more. Here at once, and at every other replica
/// within <see cref="Pause"/>; while the store does not answer, what is known stays known. As a rule only what is new is read.
/// </summary>
public sealed class EndedSessions(IEndedSessionStore store, ConsoleOptions options, TimeProvider time) : IDisposable
{
    /// <summary>The store is read at most once in this time, and only while somebody is at the console: 1 s.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The clocks of two consoles may differ by this.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(15);

    /// <summary>So much is read again: clocks differ, and a write may take a while.</summary>
    private static readonly TimeSpan Overlap = Ahead + TimeSpan.FromMinutes(1);

    /// <summary>All entries are read again after this time: old ones are removed, and ones that were stored late are found.</summary>
    public static readonly TimeSpan PauseBetweenAll = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _here = new();
    private readonly ConcurrentQueue<(Guid Session, DateTimeOffset End)> _untold = new();
    private readonly SemaphoreSlim _meeting = new(1);
    private volatile ConcurrentDictionary<Guid, bool> _known = new();
    private DateTimeOffset _readAt;
    private long? _readAll;
    private long _met = time.GetTimestamp() - (long)(Pause.TotalSeconds * time.TimestampFrequency);

    /// <param name="sessionId">As <see cref="Person.NewSession"/> makes it; what is none has not ended.</param>
    public async ValueTask<bool> ContainsAsync(string sessionId)
    {
        if (!Guid.TryParseExact(sessionId, "N", out var session)) return false;
        if (_here.ContainsKey(session)) return true;
        if (IsDue) await MeetAsync(always: false);
        return _known.ContainsKey(session);
    }

    /// <summary>
    /// Whether the session of this cookie, or of this page, goes on: it has not ended, and is not too old. One that begins in the future began by a clock that
    /// was wrong, and would last as long as that clock was ahead.
    /// </summary>
    public async ValueTask<bool> HoldsAsync(ClaimsPrincipal person) =>
        time.GetUtcNow() - Person.BeginOf(person) is var age && age < options.MaxSession && age > -Ahead && !await ContainsAsync(Person.SessionOf(person));

    public async Task AddAsync(string sessionId)
    {
        if (!Guid.TryParseExact(sessionId, "N", out var session) || _here.ContainsKey(session)) return;
        var end = time.GetUtcNow();
        _untold.Enqueue((session, end));
        await MeetAsync(always: true);
        // At last: a page that is still open finds out when its person is on the way out, not before.
        _here.TryAdd(session, end);
    }

    public void Dispose() => _meeting.Dispose();

    private bool IsDue => time.GetElapsedTime(Volatile.Read(ref _met)) >= Pause;

    /// <summary>Tells what the others do not know, and hears what they have told.</summary>
    private async Task MeetAsync(bool always)
    {
        await _meeting.WaitAsync();
        try
        {
            if (!always && !IsDue) return;
            // Twice: a copy may have been renewed where the end was not known yet, and lives for another time-out from then.
            var since = time.GetUtcNow() - (2 * options.IdleTimeout);
            // As if it ended now: the others read what is new, and this may have waited for the store.
            while (_untold.TryPeek(out var untold) && await store.TryAddAsync(untold.Session, time.GetUtcNow())) _untold.TryDequeue(out _);
            await ReadAsync(since);
            foreach (var (session, end) in _here)
            {
                if (end < since && !_untold.Contains((session, end))) _here.TryRemove(session, out _);
            }
        }
        finally
        {
            // Also of one that did not answer: nobody else waits for it now.
            Volatile.Write(ref _met, time.GetTimestamp());
            _meeting.Release();
        }
    }

    private async Task ReadAsync(DateTimeOffset since)
    {
        var now = time.GetUtcNow();
        var isAll = _readAll is not { } then || time.GetElapsedTime(then) >= PauseBetweenAll;
        if (!isAll)
        {
            // This clock may have been set back.
            var last = (_readAt < now ? _readAt : now) - Overlap;
            if (last > since) since = last;
        }

        var begun = time.GetTimestamp();
        if (await store.TryReadAsync(since) is not { } ended) return;
        if (isAll)
        {
            _known = new(ended.Select(session => KeyValuePair.Create(session, value: true)));
            _readAll = begun;
        }
        else
        {
            foreach (var session in ended) _known.TryAdd(session, value: true);
        }

        _readAt = now;
    }
}
