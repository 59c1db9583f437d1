using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
        if (entry is null || !CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(credential), MemoryMarshal.AsBytes(entry.Text.Span)))
        {
            digest = default;
            return false;
        }

        digest = entry.Digest;
        return true;
    }

    public void Set(ReadOnlyMemory<char> credential, KeyDigest digest) => _entry = new(credential, digest);

    private sealed class Entry(ReadOnlyMemory<char> text, KeyDigest digest)
    {
        public ReadOnlyMemory<char> Text { get; } = text;

        public KeyDigest Digest { get; } = digest;
    }
}
