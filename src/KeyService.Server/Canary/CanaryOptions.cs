namespace KeyService.Server.Canary;

/// <summary>Settings of the canary.</summary>
internal sealed record CanaryOptions
{
    /// <summary><c>KeyService:Canary</c>: whether this process runs it; only with role management.</summary>
    public bool Enabled { get; init; }

    /// <summary><c>KeyService:CanaryInterval</c>: from the beginning of one round to that of the next; 1 s to 1 day.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether replicas are asked over TLS: as this process serves, so do the others.</summary>
    public bool Tls { get; init; }
}
