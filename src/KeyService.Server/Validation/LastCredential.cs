using System.Runtime.CompilerServices;
using KeyService.Server.Keys;

namespace KeyService.Server.Validation;

/// <summary>The last credential that held on a connection, and its digest. Kept as long as the connection.</summary>
internal sealed class LastCredential
{
    private volatile Entry? _entry;

    /// <summary>Compares in fixed time: a proxy may put several clients on one connection.</summary>
    public bool Is(ReadOnlySpan<char> credential, out KeyDigest digest)
    {
        var entry = _entry;
        if (entry is null || !FixedTimeEquals(credential, entry.Text.Span))
        {
            digest = default;
            return false;
        }

        digest = entry.Digest;
        return true;
    }

    public void Set(ReadOnlyMemory<char> credential, KeyDigest digest) => _entry = new(credential, digest);

    // Every character is looked at, whatever the ones before it were; the length is no secret. The framework's own goes byte by byte and is
    // compiled without optimization: it was 3 % of a call's time, more than the rest of checking a credential that was seen before.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool FixedTimeEquals(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.Length != right.Length) return false;
        var difference = 0;
        for (var i = 0; i < left.Length; i++) difference |= left[i] ^ right[i];
        return difference == 0;
    }

    private sealed class Entry(ReadOnlyMemory<char> text, KeyDigest digest)
    {
        public ReadOnlyMemory<char> Text { get; } = text;

        public KeyDigest Digest { get; } = digest;
    }
}
