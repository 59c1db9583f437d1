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

    /// <summary>No version of the floors.</summary>
    public const long Never = -1;

    /// <summary>This start of this process. What an earlier one cached may be older than the truth.</summary>
    public ReadOnlyMemory<byte> Epoch { get; } = RandomNumberGenerator.GetBytes(EpochSize);

    /// <summary>Stamped on an entry when its read is sent.</summary>
    public long Era => floors.Era + storeLock.Takings;

    /// <summary>
    /// The same, asked again and again of one entry: while no floor was raised since it last held, the floor need not be looked up. A floor
    /// is raised before its version counts, and the version is read before the floor, so an answer kept under a version is true under it.
    /// </summary>
    /// <param name="keyId">The entry's key.</param>
    /// <param name="revision">The entry's revision.</param>
    /// <param name="era">The entry's era.</param>
    /// <param name="believedAt">Kept with the entry; <see cref="Never"/> at first.</param>
    public bool Holds(string keyId, long revision, long era, ref long believedAt)
    {
        var version = floors.Version;
        if (Volatile.Read(ref believedAt) != version)
        {
            if (!floors.Allows(keyId, revision)) return false;
            Volatile.Write(ref believedAt, version);
        }

        return era == Era && storeLock.IsHeld;
    }

    // The floor first: pruning begins a new era before it drops a floor, so a floor missed here is an era missed next.
    // Both parts of the era only grow, so equal sums mean that neither has.
    public bool Holds(string keyId, long revision, long era) =>
        floors.Allows(keyId, revision) && era == Era && storeLock.IsHeld;
}
