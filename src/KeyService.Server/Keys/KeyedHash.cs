using System.Security.Cryptography;

namespace KeyService.Server.Keys;

/// <summary>
/// HMAC-SHA-256 under one key, from any thread. Lives as long as its master key, that is as long as the process.
/// </summary>
internal sealed class KeyedHash
{
    public const int Size = HMACSHA256.HashSizeInBytes;

    private const int BlockSize = 64;

    /// <summary>Longer data gains nothing, and is no matter for <see cref="LibCryptoSha256"/>.</summary>
    private const int ShortLength = 1_024;

    // RFC 2104: what is left of the key after its two padded blocks were hashed. Not moved by the collector, so there is one copy of each.
    private readonly byte[] _inner = GC.AllocateArray<byte>(LibCryptoSha256.StateSize, pinned: true);
    private readonly byte[] _outer = GC.AllocateArray<byte>(LibCryptoSha256.StateSize, pinned: true);

    // One state a thread: a kept one costs about 0.5 µs a call and allocates nothing, a one-shot HMAC 1.1 µs, because it hashes the
    // padded key anew each time. A state is not thread-safe, and no call gives its thread away while it uses one.
    private readonly ThreadLocal<IncrementalHash> _states;
    private readonly bool _isDirect;

    /// <param name="key">Of any length.</param>
    public KeyedHash(ReadOnlySpan<byte> key)
        : this(key, LibCryptoSha256.IsUsable)
    {
    }

    /// <param name="key">Of any length.</param>
    /// <param name="isDirect">False: by the framework alone, as where there is no such libcrypto.</param>
    internal KeyedHash(ReadOnlySpan<byte> key, bool isDirect)
    {
        var kept = key.ToArray();
        _states = new ThreadLocal<IncrementalHash>(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, kept));
        _isDirect = isDirect;
        if (!isDirect) return;

        Span<byte> block = stackalloc byte[BlockSize];
        if (key.Length > BlockSize) SHA256.HashData(key, block);
        else key.CopyTo(block);
        Begin(_inner, block, 0x36);
        // Undoes the first pad and lays the second.
        Begin(_outer, block, 0x36 ^ 0x5C);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <param name="destination32">Exactly 32 bytes.</param>
    public void Compute(ReadOnlySpan<byte> data, Span<byte> destination32)
    {
        // Checked first: a failure after AppendData would leave this caller's data in the state, in front of the next caller's.
        if (destination32.Length != Size)
            throw new ArgumentException($"The hash is {Size} bytes, not {destination32.Length}.", nameof(destination32));
        if (_isDirect && data.Length <= ShortLength)
        {
            ComputeDirect(data, destination32);
            return;
        }

        var state = _states.Value!;
        state.AppendData(data);
        state.GetHashAndReset(destination32);
    }

    private void ComputeDirect(ReadOnlySpan<byte> data, Span<byte> destination32)
    {
        Span<byte> state = stackalloc byte[LibCryptoSha256.StateSize];
        Span<byte> hash = stackalloc byte[Size];
        _inner.CopyTo(state);
        LibCryptoSha256.Append(state, data);
        LibCryptoSha256.Finish(hash, state);
        _outer.CopyTo(state);
        LibCryptoSha256.Append(state, hash);
        LibCryptoSha256.Finish(destination32, state);
    }

    private static void Begin(byte[] state, Span<byte> block, byte pad)
    {
        foreach (ref var b in block) b ^= pad;
        LibCryptoSha256.Start(state);
        LibCryptoSha256.Append(state, block);
    }
}
