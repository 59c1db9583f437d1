using KeyService.Server.Keys;

namespace KeyService.Server.Issuance;

/// <summary>A key with its API key: the one type that carries a plaintext. It goes from here to the response and nowhere else.</summary>
/// <param name="Key">The record.</param>
/// <param name="ApiKey">The plaintext; empty when a request was repeated and it is no longer kept.</param>
/// <param name="LastUsedTime">Null: never.</param>
internal sealed record IssuedKey(KeyRecord Key, string ApiKey, DateTimeOffset? LastUsedTime = null)
{
    /// <summary>Redacts: a record's own <c>ToString</c> would print the plaintext into the first log that takes it.</summary>
    public override string ToString() => $"IssuedKey {Key.KeyId} {Key.Hint}";
}
