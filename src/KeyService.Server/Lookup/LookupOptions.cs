namespace KeyService.Server.Lookup;

/// <summary>Settings of the look-up.</summary>
internal sealed record LookupOptions
{
    /// <summary><c>KeyService:CacheCapacity</c>: keys kept in memory, 100 to 10,000,000.</summary>
    public int CacheCapacity { get; init; } = 100_000;

    /// <summary><c>KeyService:ValidateBudget</c>: no validation answer later, unless the caller's deadline is longer. 10 ms to 10 s.</summary>
    public TimeSpan ValidateBudget { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary><c>KeyService:RedisTtl</c>: only keeps Redis small. 1 minute to 30 days.</summary>
    public TimeSpan RedisTtl { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>ConnectionStrings:Redis</c> in the format of StackExchange.Redis; null: memory and database only.</summary>
    public string? Redis { get; init; }
}
