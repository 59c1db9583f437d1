using System.Collections.Concurrent;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// Sessions that ended before their cookie did: a copy of it, and pages that are still open, get nothing any more. Kept by this process for as long as
/// such a cookie may be good.
/// </summary>
public sealed class EndedSessions(ConsoleOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);

    public bool Contains(string sessionId) => _ended.ContainsKey(sessionId);

    public void Add(string sessionId)
    {
        var now = time.GetUtcNow();
        foreach (var (id, end) in _ended)
        {
            if (now - end > options.IdleTimeout) _ended.TryRemove(id, out _);
        }

        _ended[sessionId] = now;
    }
}
