using System.Security.Cryptography;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// The one rule for every cached answer, wherever it comes from: memory, Redis, or another caller's read that was already
/// under way. Asked at each use, at that moment.
/// </summary>
internal sealed class Belief(Floors floors, IStoreLock storeLock)
{
    public const int EpochSize = 16;

    /// <summary>This start of this process. What an earlier one cached may be older than the truth.</summary>
    public ReadOnlyMemory<byte> Epoch { get; } = RandomNumberGenerator.GetBytes(EpochSize);

    /// <summary>Stamped on an entry when its read is sent.</summary>
    public long Era => floors.Era + storeLock.Takings;

    // The floor first: pruning begins a new era before it drops a floor, so a floor missed here is an era missed next.
    // Both parts of the era only grow, so equal sums mean that neither has.
    public bool Holds(string keyId, long revision, long era) =>
        floors.Allows(keyId, revision) && era == Era && storeLock.IsHeld;
}
