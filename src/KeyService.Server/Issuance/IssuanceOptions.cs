using KeyService.Server.Keys;

namespace KeyService.Server.Issuance;

/// <summary>Settings of issuance.</summary>
internal sealed record IssuanceOptions
{
    /// <summary><c>KeyService:Brand</c>: what new API keys begin with; 2 to 8 lower-case letters.</summary>
    public string Brand { get; init; } = "ks";

    public RecoveryPolicy Recovery { get; init; } = new();
}
