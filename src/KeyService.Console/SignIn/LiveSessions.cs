using System.Collections.Concurrent;
using System.Security.Claims;
using KeyService.AdminConsole.Service;

namespace KeyService.AdminConsole.SignIn;

/// <summary>
/// What becomes of a session after a page began: the token that replaced the one that the page knows, and that its person was there, at whichever tab. In memory
/// alone, and of the requests that came to this process: a page that finds nothing newer here asks with its cookie.
/// </summary>
public sealed class LiveSessions(ConsoleOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Live> _live = new(StringComparer.Ordinal);

    /// <summary>A cookie that holds came. One that was sent before it was renewed may come later, and does not bring the older token back.</summary>
    public void Keep(ClaimsPrincipal person)
    {
        var session = Person.SessionOf(person);
        if (!_live.ContainsKey(session)) ForgetOld();
        var now = time.GetTimestamp();
        var end = TokenRefresher.EndOf(person);
        var token = end is null ? null : Person.CredentialOf(person);
        _live.AddOrUpdate(
            session, new Live(token, end, now, Touched: null),
            (_, known) => known.End > end ? known with { Seen = now } : known with { Token = token, End = end, Seen = now });
    }

    /// <summary>Somebody was there.</summary>
    public void Touch(ClaimsPrincipal person)
    {
        var session = Person.SessionOf(person);
        while (_live.TryGetValue(session, out var known) && !_live.TryUpdate(session, known with { Touched = time.GetTimestamp() }, known))
        {
            // Another request of the session was faster.
        }
    }

    /// <summary>Whether nobody was there for too long, as far as the browser told.</summary>
    public bool IsIdle(ClaimsPrincipal person) =>
        !_live.TryGetValue(Person.SessionOf(person), out var known) || known.Touched is not { } touched || time.GetElapsedTime(touched) > options.IdleTimeout;

    /// <summary>The newest that is known; null where nobody is signed in.</summary>
    public string? CredentialOf(ClaimsPrincipal person) => _live.TryGetValue(Person.SessionOf(person), out var known) && known.Token is { } token ? token : Person.CredentialOf(person);

    /// <summary>It has ended.</summary>
    public void Forget(ClaimsPrincipal person) => _live.TryRemove(Person.SessionOf(person), out _);

    /// <summary>Their cookies have ended by now.</summary>
    private void ForgetOld()
    {
        foreach (var (session, known) in _live)
        {
            if (time.GetElapsedTime(known.Seen) > options.IdleTimeout) _live.TryRemove(session, out _);
        }
    }

    /// <param name="Token">Null where none ends.</param>
    /// <param name="End">Of the token.</param>
    /// <param name="Seen">When a cookie of it came last.</param>
    /// <param name="Touched">When its person was last there; null: nobody said so yet.</param>
    private sealed record Live(string? Token, DateTimeOffset? End, long Seen, long? Touched);
}
