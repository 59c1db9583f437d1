namespace KeyService.AdminConsole.SignIn;

/// <summary>Where the replicas of the console tell each other which sessions have ended.</summary>
public interface IEndedSessionStore
{
    /// <summary>Keeps it for all; told twice, it is kept once. False: nobody answers, so it is to be told again.</summary>
    Task<bool> TryAddAsync(Guid session, DateTimeOffset end);

    /// <summary>All that ended since then; null: nobody answers.</summary>
    Task<IReadOnlyList<Guid>?> TryReadAsync(DateTimeOffset since);
}
