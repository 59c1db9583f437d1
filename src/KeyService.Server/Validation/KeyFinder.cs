using System.Diagnostics.CodeAnalysis;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;

namespace KeyService.Server.Validation;

/// <summary>From what was presented to the key it belongs to: parse, digest (walk of ValidateKey, steps 3 and 4), look up.</summary>
internal sealed class KeyFinder(KeyLookup lookup, MasterKeys masterKeys, LookupOptions options)
{
    /// <summary>Null for anything that is not the API key of a known key.</summary>
    public ValueTask<CachedKey?> FindAsync(
        ReadOnlySpan<char> presented, in CallBudget budget, CancellationToken cancellation, out KeyDigest digest)
    {
        digest = default;
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        if (ApiKeyText.TryParse(presented, options.Brand, ascii, out var parts) != ApiKeyParseResult.Ok) return default;
        if (masterKeys.Find(parts.Generation) is not { } masterKey) return default;

        ReadOnlySpan<byte> apiKey = ascii[..parts.Length];
        digest = masterKey.ComputeDigest(apiKey);
        return lookup.FindAsync(apiKey, digest, masterKey, budget, cancellation);
    }

    /// <summary>The key of a digest computed before, if memory has it and it may answer now.</summary>
    public bool TryFindAgain(in KeyDigest digest, [NotNullWhen(true)] out CachedKey? key) => lookup.TryFindInMemory(digest, out key);
}
