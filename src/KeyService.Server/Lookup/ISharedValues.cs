using KeyService.Server.Keys;

namespace KeyService.Server.Lookup;

/// <summary>Values that all replicas share, as well as it can: every failure is a miss, and nothing is true because it is there.</summary>
internal interface ISharedValues
{
    /// <summary>Null for a miss, for whatever reason. Within 50 ms, and within the budget of a validation; never fails.</summary>
    Task<byte[]?> GetAsync(KeyDigest digest);

    /// <summary>Writes the value unless a newer one of the same format and epoch is there. Best effort.</summary>
    /// <param name="digest">Where.</param>
    /// <param name="value">What; <see cref="CachedKeyFormat"/>.</param>
    /// <param name="rejected">Bytes to replace whatever revision they claim; null for none.</param>
    Task PutIfNewerAsync(KeyDigest digest, byte[] value, byte[]? rejected);
}
