using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class KeyedHashTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_is_hmac_sha_256_for_every_key_and_data(bool direct)
    {
        if (direct && !LibCryptoSha256.IsUsable) Assert.Skip("no libcrypto.so.3 with SHA-256 of its own here");
        Gen.Select(Gen.Byte.Array[0, 100], Gen.Byte.Array[0, 300]).Sample((key, data) =>
        {
            var hash = new KeyedHash(key, direct);
            // Twice: a state that keeps something of the first call gives another answer to the second.
            Compute(hash, data).ShouldBe(HMACSHA256.HashData(key, data));
            Compute(hash, data).ShouldBe(HMACSHA256.HashData(key, data));
        });
    }

    [Fact]
    public void On_linux_with_openssl_3_the_quick_way_is_taken() =>
        LibCryptoSha256.IsUsable.ShouldBe(OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libcrypto.so.3", out _) && !IsFips());

    [Fact]
    public async Task Many_threads_at_once_get_their_own_answers()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var hash = new KeyedHash(key);
        const int threads = 16;
        using var start = new Barrier(threads);
        var wrong = await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return Enumerable.Range(0, 500).Count(i =>
                {
                    var data = BitConverter.GetBytes((thread * 1_000_000) + i);
                    return !Compute(hash, data).AsSpan().SequenceEqual(HMACSHA256.HashData(key, data));
                });
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        wrong.Sum().ShouldBe(0);
    }

    [Fact]
    public void A_refused_call_leaves_nothing_behind_for_the_next()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var hash = new KeyedHash(key);
        Should.Throw<ArgumentException>(() => hash.Compute("left over"u8, new byte[31]));
        Should.Throw<ArgumentException>(() => hash.Compute("left over"u8, new byte[33]));
        Compute(hash, [1, 2, 3]).ShouldBe(HMACSHA256.HashData(key, (byte[])[1, 2, 3]));
    }

    [Fact]
    public void It_keeps_its_own_copy_of_the_key()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var expected = HMACSHA256.HashData(key, (byte[])[1]);
        var hash = new KeyedHash(key);
        CryptographicOperations.ZeroMemory(key);
        Compute(hash, [1]).ShouldBe(expected);
    }

    private static bool IsFips() => File.Exists("/proc/sys/crypto/fips_enabled") && File.ReadAllText("/proc/sys/crypto/fips_enabled").StartsWith('1');

    private static byte[] Compute(KeyedHash hash, ReadOnlySpan<byte> data)
    {
        var result = new byte[KeyedHash.Size];
        hash.Compute(data, result);
        return result;
    }
}
