using BenchmarkDotNet.Attributes;
using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Micro;

/// <summary>HMAC-SHA-256 of an API key's 46 bytes, as digest and tag need it.</summary>
public class Hashing
{
    private const int ApiKeyLength = 46;

    private static readonly byte[] Key = new byte[32];

    private readonly KeyedHash _direct = new(Key, LibCryptoSha256.IsUsable);
    private readonly KeyedHash _incremental = new(Key, isDirect: false);
    private readonly byte[] _text = new byte[ApiKeyLength];
    private readonly byte[] _hash = new byte[KeyedHash.Size];

    [GlobalSetup]
    public void Setup()
    {
        if (!LibCryptoSha256.IsUsable) throw new InvalidOperationException("There is no libcrypto here: both would measure the same.");
        if (Incremental() != Direct()) throw new InvalidOperationException("The two differ.");
    }

    [Benchmark(Baseline = true, Description = "HMAC of 46 bytes: the framework's IncrementalHash")]
    public byte Incremental()
    {
        _incremental.Compute(_text, _hash);
        return _hash[0];
    }

    [Benchmark(Description = "HMAC of 46 bytes: libcrypto's SHA-256 itself")]
    public byte Direct()
    {
        _direct.Compute(_text, _hash);
        return _hash[0];
    }
}
