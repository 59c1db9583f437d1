using System.Diagnostics.CodeAnalysis;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;

namespace KeyService.Server.Validation;

/// <summary>
/// From what was presented to the key it belongs to: parse, digest (walk of ValidateKey, steps 3 and 4), look up. That a generation does not
/// exist is known only while the lease stands: a replica without one may have missed that it was rolled out.
/// </summary>
internal sealed class KeyFinder(KeyLookup lookup, MasterKeys masterKeys, LookupOptions options)
{
    /// <summary>What a look-up may take when the caller has no longer deadline.</summary>
    public TimeSpan Budget => options.ValidateBudget;

    /// <summary>No key for anything that is not the API key of a known key; a failure when nothing is known of its generation.</summary>
    public ValueTask<Finding> FindAsync(
        ReadOnlySpan<byte> presented, in CallBudget budget, CancellationToken cancellation, out KeyDigest digest)
    {
        return Read(presented, out digest, out var masterKey) switch
        {
            Reading.Digest => lookup.FindAsync(presented, digest, masterKey!, budget, cancellation),
            Reading.UnknownGeneration when !lookup.HasLease(budget.Arrival) => new(Finding.Failed(
                new StoreUnavailableException(failure: "no lease, and the key is of a generation that is not configured"))),
            _ => default,
        };
    }

    /// <summary>The same without waiting: false when Redis or the database would have to be asked.</summary>
    public bool TryFindAtOnce(ReadOnlySpan<byte> presented, in Moment now, out CachedKey? key) => TryFindAtOnce(presented, now, out key, out _);

    /// <inheritdoc cref="TryFindAtOnce(ReadOnlySpan{byte}, in Moment, out CachedKey)"/>
    public bool TryFindAtOnce(ReadOnlySpan<byte> presented, in Moment now, out CachedKey? key, out KeyDigest digest)
    {
        key = null;
        return Read(presented, out digest, out var masterKey) switch
        {
            Reading.Digest => lookup.TryFindAtOnce(presented, digest, masterKey!, now, out key),
            Reading.UnknownGeneration => lookup.HasLease(now),
            _ => true,
        };
    }

    /// <summary>Whether a key that was found before may answer now.</summary>
    public bool MayAnswerAgain(CachedKey key, in Moment now) => lookup.MayAnswerAgain(key, now);

    /// <summary>The key of a digest computed before, if memory has it and it may answer now.</summary>
    public bool TryFindAgain(in KeyDigest digest, in Moment now, [NotNullWhen(true)] out CachedKey? key) => lookup.TryFindInMemory(digest, now, out key);

    /// <inheritdoc cref="KeyLookup.EnsureFreshAsync"/>
    public Task EnsureFreshAsync(string consistencyToken, in CallBudget budget, CancellationToken cancellation) =>
        lookup.EnsureFreshAsync(consistencyToken, budget, cancellation);

    private Reading Read(ReadOnlySpan<byte> presented, out KeyDigest digest, out MasterKey? masterKey)
    {
        digest = default;
        masterKey = null;
        if (ApiKeyText.Parse(presented, out var parts) != ApiKeyParseResult.Ok) return Reading.NoKey;
        masterKey = masterKeys.Find(parts.Generation);
        if (masterKey is null) return Reading.UnknownGeneration;

        digest = masterKey.ComputeDigest(presented);
        return Reading.Digest;
    }

    /// <summary>What a text turned out to be.</summary>
    private enum Reading
    {
        NoKey,
        UnknownGeneration,
        Digest,
    }
}
