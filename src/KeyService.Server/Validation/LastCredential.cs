using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;

namespace KeyService.Server.Validation;

/// <summary>
/// The last credential that held on a connection, with its digest and the key that was found. Kept as long as the connection. It spares the same
/// text its HMAC and its search; whether that key may still answer is asked at every call.
/// </summary>
/// <param name="onValid">Called with the caller's id when a credential was valid that is not the last one.</param>
internal sealed class LastCredential(Action<string>? onValid = null)
{
    private volatile Entry? _entry;

    /// <summary>Compares in fixed time: a proxy may put several clients on one connection.</summary>
    public bool Is(ReadOnlySpan<char> credential, [NotNullWhen(true)] out Entry? entry)
    {
        entry = _entry;
        if (entry is not null && FixedTimeEquals(MemoryMarshal.AsBytes(credential), MemoryMarshal.AsBytes(entry.Text.Span))) return true;
        entry = null;
        return false;
    }

    public void Set(ReadOnlyMemory<char> credential, in KeyDigest digest, CachedKey key)
    {
        _entry = new(credential, digest, key);
        if (key.Credential is { } held) NoteValid(held.KeyId);
    }

    /// <summary>For a credential that is not kept here, such as a JWT.</summary>
    public void NoteValid(string caller) => onValid?.Invoke(caller);

    // Every byte is looked at, whatever the ones before it were; the length is no secret. The framework's own goes byte by byte and is
    // compiled without optimization: it was 3 % of a call's time, more than the rest of checking a credential that was seen before.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool FixedTimeEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length) return false;
        ulong difference = 0;
        var leftWords = MemoryMarshal.Cast<byte, ulong>(left);
        var rightWords = MemoryMarshal.Cast<byte, ulong>(right);
        for (var i = 0; i < leftWords.Length; i++) difference |= leftWords[i] ^ rightWords[i];
        for (var i = leftWords.Length * sizeof(ulong); i < left.Length; i++) difference |= (uint)(left[i] ^ right[i]);
        return difference == 0;
    }

    /// <summary>What is remembered.</summary>
    internal sealed class Entry(ReadOnlyMemory<char> text, KeyDigest digest, CachedKey key)
    {
        public ReadOnlyMemory<char> Text { get; } = text;

        public KeyDigest Digest { get; } = digest;

        public CachedKey Key { get; } = key;
    }
}
