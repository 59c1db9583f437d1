using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Usage;

namespace KeyService.Server.Validation;

/// <summary>
/// Says whether a caller's credential holds: an enabled, unexpired key of workspace <c>system</c>, used from an address that it allows.
/// It is looked up like any other key, so the one rule of revocation covers it at every call.
/// </summary>
internal sealed class CredentialValidator(KeyFinder finder, UsageRecorder usage)
{
    /// <inheritdoc cref="KeyFinder.Budget"/>
    public TimeSpan Budget => finder.Budget;

    /// <summary>Memory and tag alone: false when Redis or the database has to be asked. Null when the credential does not hold.</summary>
    public bool TryValidateAtOnce(ReadOnlyMemory<char> credential, LastCredential? last, IPAddress? peer, in Moment arrival, out Credential? held)
    {
        held = null;
        if (TryFindAgain(credential, last, arrival, out var again))
        {
            held = Check(again, peer, arrival.Utc);
            return true;
        }

        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        if (credential.Length > ascii.Length || Ascii.FromUtf16(credential.Span, ascii, out var length) != OperationStatus.Done) return true;
        var isKnown = finder.TryFindAtOnce(ascii[..length], arrival, out var key, out var digest);
        CryptographicOperations.ZeroMemory(ascii);
        if (isKnown) held = Remember(key, Check(key, peer, arrival.Utc), credential, digest, last);
        return isKnown;
    }

    /// <summary>Null when it does not hold.</summary>
    /// <param name="credential">As presented.</param>
    /// <param name="last">The last one that held on this connection: the same text again is spared its HMAC, and nothing else.</param>
    /// <param name="peer">The address from which it is used; null when that is not known.</param>
    /// <param name="budget">What the call may still wait.</param>
    /// <param name="cancellation">The caller went away.</param>
    /// <exception cref="StoreUnavailableException">The database is needed and did not answer in time.</exception>
    /// <exception cref="OverloadedException">The database is needed and has too much to do.</exception>
    public ValueTask<Credential?> ValidateAsync(
        ReadOnlyMemory<char> credential, LastCredential? last, IPAddress? peer, in CallBudget budget, CancellationToken cancellation)
    {
        if (TryFindAgain(credential, last, budget.Arrival, out var again)) return new(Check(again, peer, budget.Arrived));

        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        if (credential.Length > ascii.Length || Ascii.FromUtf16(credential.Span, ascii, out var length) != OperationStatus.Done) return default;
        var find = finder.FindAsync(ascii[..length], budget, cancellation, out var digest);
        CryptographicOperations.ZeroMemory(ascii);
        return find.IsCompletedSuccessfully && find.Result is { Failure: null, Key: var key }
            ? new(Remember(key, Check(key, peer, budget.Arrived), credential, digest, last))
            : CheckLater(find, peer, budget.Arrived, credential, digest, last);
    }

    /// <summary>
    /// The same for the credential that was seen on this connection before, and still holds. False says nothing about any other, nor about one with an address
    /// list in a call that was forwarded: whose address counts is decided elsewhere.
    /// </summary>
    public bool TryValidateAgain(
        ReadOnlyMemory<char> credential, LastCredential? last, HttpContext http, in Moment arrival, [NotNullWhen(true)] out Credential? held)
    {
        held = TryFindAgain(credential, last, arrival, out var again) && (again.AllowedAddresses.IsEmpty || !IsForwarded(http.Request.Headers))
            ? Check(again, again.AllowedAddresses.IsEmpty ? null : http.Connection.RemoteIpAddress, arrival.Utc)
            : null;
        return held is not null;
    }

    private static bool IsForwarded(IHeaderDictionary headers) => headers.ContainsKey(ForwardedAddress.Header) || headers.ContainsKey(ForwardedAddress.ProxyHeader);

    private bool TryFindAgain(ReadOnlyMemory<char> credential, LastCredential? last, in Moment arrival, [NotNullWhen(true)] out CachedKey? key)
    {
        key = null;
        if (last is null || !last.Is(credential.Span, out var seen)) return false;
        key = seen.Key;
        if (finder.MayAnswerAgain(key, arrival)) return true;
        if (!finder.TryFindAgain(seen.Digest, arrival, out key)) return false;
        last.Set(seen.Text, seen.Digest, key);
        return true;
    }

    private async ValueTask<Credential?> CheckLater(
        ValueTask<Finding> find, IPAddress? peer, DateTimeOffset arrived, ReadOnlyMemory<char> credential, KeyDigest digest, LastCredential? last)
    {
        var key = (await find).Key;
        return Remember(key, Check(key, peer, arrived), credential, digest, last);
    }

    private Credential? Check(CachedKey? key, IPAddress? peer, DateTimeOffset arrived)
    {
        if (key?.Credential is null || !key.IsEnabled) return null;
        if (key.IsExpiredAt(arrived)) return null;
        if (!key.AllowedAddresses.Allows(peer)) return null;

        usage.Record(key, arrived.UtcTicks);
        return key.Credential;
    }

    private static Credential? Remember(CachedKey? key, Credential? held, ReadOnlyMemory<char> credential, in KeyDigest digest, LastCredential? last)
    {
        if (held is not null) last?.Set(credential, digest, key!);
        return held;
    }
}
