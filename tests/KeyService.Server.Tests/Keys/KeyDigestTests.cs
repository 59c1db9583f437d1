using System.Security.Cryptography;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class KeyDigestTests
{
    [Fact]
    public void The_bytes_come_back_in_order() =>
        Gen.Byte.Array[KeyDigest.Size].Sample(bytes =>
        {
            var digest = KeyDigest.FromBytes(bytes);
            digest.ToArray().ShouldBe(bytes);
            var copy = new byte[KeyDigest.Size + 1];
            digest.CopyTo(copy);
            copy.ShouldBe([.. bytes, 0]);
        });

    [Fact]
    public void Equal_bytes_are_equal_digests_with_equal_hash_codes() =>
        Gen.Byte.Array[KeyDigest.Size].Sample(bytes =>
        {
            var one = KeyDigest.FromBytes(bytes);
            var other = KeyDigest.FromBytes([.. bytes]);
            (one == other).ShouldBeTrue();
            (one != other).ShouldBeFalse();
            one.Equals((object)other).ShouldBeTrue();
            other.GetHashCode().ShouldBe(one.GetHashCode());
        });

    [Fact]
    public void One_different_bit_anywhere_makes_another_digest()
    {
        var bytes = PinnedKey.DigestOf(PinnedKey.ApiKey).ToArray();
        for (var bit = 0; bit < KeyDigest.Size * 8; bit++)
        {
            var changed = bytes.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            (KeyDigest.FromBytes(changed) == KeyDigest.FromBytes(bytes)).ShouldBeFalse();
            KeyDigest.FromBytes(changed).Equals((object)KeyDigest.FromBytes(bytes)).ShouldBeFalse();
        }
    }

    [Fact]
    public void Hash_codes_spread() =>
        Enumerable.Range(0, 1_000)
            .Select(i => KeyDigest.FromBytes(SHA256.HashData(BitConverter.GetBytes(i))).GetHashCode())
            .Distinct().Count().ShouldBeGreaterThan(990);

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Anything_but_32_bytes_is_refused(int length) =>
        Should.Throw<ArgumentException>(() => KeyDigest.FromBytes(new byte[length]));

    [Fact]
    public void Too_short_a_destination_is_refused() =>
        Should.Throw<ArgumentException>(() => default(KeyDigest).CopyTo(new byte[31]));

    [Fact]
    public void A_digest_does_not_print_itself()
    {
        var digest = PinnedKey.DigestOf(PinnedKey.ApiKey);
        digest.ToString().ShouldBe("KeyDigest");
        $"{digest}".ShouldBe("KeyDigest");
    }
}
