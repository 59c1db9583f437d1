using KeyService.AdminConsole.SignIn;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>What several consoles have in common.</summary>
internal sealed class SharedStore : IEndedSessionStore
{
    public Dictionary<Guid, DateTimeOffset> Sessions { get; } = [];

    public bool IsAway { get; set; }

    public int Reads { get; private set; }

    /// <summary>By the last read.</summary>
    public int Returned { get; private set; }

    public Task<bool> TryAddAsync(Guid session, DateTimeOffset end)
    {
        if (!IsAway) Sessions.TryAdd(session, end);
        return Task.FromResult(!IsAway);
    }

    public Task<IReadOnlyList<Guid>?> TryReadAsync(DateTimeOffset since)
    {
        Reads++;
        List<Guid> ended = [.. Sessions.Where(session => session.Value > since).Select(session => session.Key)];
        Returned = ended.Count;
        return Task.FromResult<IReadOnlyList<Guid>?>(IsAway ? null : ended);
    }
}
