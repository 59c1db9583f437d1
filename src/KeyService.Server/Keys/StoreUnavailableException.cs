namespace KeyService.Server.Keys;

/// <summary>The database is needed and does not answer.</summary>
/// <param name="inner">Why, for the log alone.</param>
/// <param name="failure">The engine's word and number for it; the type of <paramref name="inner"/> when it has none.</param>
/// <param name="isPermanent">See <see cref="IsPermanent"/>.</param>
internal sealed class StoreUnavailableException(Exception? inner = null, string? failure = null, bool isPermanent = false)
    : Exception("The database does not answer.", inner)
{
    /// <summary>For the operator: tells a full disk from a lock from a refused login. Never for a client.</summary>
    public string Failure { get; } = failure ?? inner?.GetType().Name ?? "";

    /// <summary>It stays until somebody changes the database, its settings or the service: asking again does not help, so clients are not asked to.</summary>
    public bool IsPermanent { get; } = isPermanent;
}
