using System.Runtime.InteropServices;

namespace KeyService.Server.Keys;

/// <summary>
/// What is stored and looked up instead of an API key: HMAC-SHA-256(digest key, whole API key). Four words, so that it is a
/// dictionary key without an allocation.
/// </summary>
internal readonly struct KeyDigest : IEquatable<KeyDigest>
{
    public const int Size = 32;

    private readonly ulong _word0;
    private readonly ulong _word1;
    private readonly ulong _word2;
    private readonly ulong _word3;

    private KeyDigest(ReadOnlySpan<ulong> words)
    {
        _word0 = words[0];
        _word1 = words[1];
        _word2 = words[2];
        _word3 = words[3];
    }

    /// <exception cref="ArgumentException">There are not exactly 32 bytes.</exception>
    public static KeyDigest FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A digest is {Size} bytes, not {bytes.Length}.", nameof(bytes));
        return new KeyDigest(MemoryMarshal.Cast<byte, ulong>(bytes));
    }

    public void CopyTo(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        MemoryMarshal.Write(destination, _word0);
        MemoryMarshal.Write(destination[8..], _word1);
        MemoryMarshal.Write(destination[16..], _word2);
        MemoryMarshal.Write(destination[24..], _word3);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    // Not in fixed time: without the digest key nobody can choose a digest, so how far a comparison came tells nothing about a key.
    public bool Equals(KeyDigest other) =>
        _word0 == other._word0 && _word1 == other._word1 && _word2 == other._word2 && _word3 == other._word3;

    public override bool Equals(object? obj) => obj is KeyDigest other && Equals(other);

    // The digest is the output of a keyed hash: any 32 of its bits are as good as a mixed hash, and nobody can make them collide.
    public override int GetHashCode() => (int)_word0;

    /// <summary>Never the digest: a log line or an exception message must not carry it.</summary>
    public override string ToString() => nameof(KeyDigest);

    public static bool operator ==(KeyDigest left, KeyDigest right) => left.Equals(right);

    public static bool operator !=(KeyDigest left, KeyDigest right) => !left.Equals(right);
}
