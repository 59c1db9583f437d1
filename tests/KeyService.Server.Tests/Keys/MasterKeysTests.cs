using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class MasterKeysTests
{
    [Fact]
    public void Every_label_gives_a_key_of_its_own()
    {
        var master = PinnedKey.Master;
        KeyedHash[] hashes = [master.DigestHash, master.TagHash, master.CacheSealHash, master.AuditHash, master.CanaryHash];
        hashes.Select(HashOfNothing).Distinct().Count().ShouldBe(hashes.Length);
        byte[][] keys = [master.Fingerprint, master.PageTokenKey, master.RevealKey, master.SessionKey];
        keys.Select(Convert.ToHexString).Distinct().Count().ShouldBe(keys.Length);
        keys.ShouldAllBe(key => key.Length == 32);
        // Nor is a hash keyed by one of the plain keys.
        hashes.Select(HashOfNothing).Intersect(keys.Select(key => HashOfNothing(new KeyedHash(key)))).ShouldBeEmpty();
    }

    [Fact]
    public void Another_secret_gives_other_keys_throughout()
    {
        var one = PinnedKey.Master;
        var other = PinnedKey.OtherMaster;
        other.Fingerprint.ShouldNotBe(one.Fingerprint);
        other.PageTokenKey.ShouldNotBe(one.PageTokenKey);
        other.RevealKey.ShouldNotBe(one.RevealKey);
        other.SessionKey.ShouldNotBe(one.SessionKey);
        HashOfNothing(other.DigestHash).ShouldNotBe(HashOfNothing(one.DigestHash));
        HashOfNothing(other.TagHash).ShouldNotBe(HashOfNothing(one.TagHash));
        HashOfNothing(other.CacheSealHash).ShouldNotBe(HashOfNothing(one.CacheSealHash));
        HashOfNothing(other.CanaryHash).ShouldNotBe(HashOfNothing(one.CanaryHash));
        HashOfNothing(other.AuditHash).ShouldNotBe(HashOfNothing(one.AuditHash));
    }

    [Fact]
    public void The_fingerprint_is_not_the_secret() =>
        PinnedKey.Master.Fingerprint.ShouldNotBe(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public void A_secret_that_is_not_32_bytes_is_refused(int length) =>
        Should.Throw<ArgumentException>(() => MasterKey.Derive('0', new byte[length]));

    [Theory]
    [InlineData('_')]
    [InlineData(' ')]
    [InlineData('\0')]
    [InlineData('é')]
    [InlineData('７')]
    public void A_generation_that_is_no_base62_digit_is_refused(char generation) =>
        Should.Throw<ArgumentException>(() => MasterKey.Derive(generation, new byte[32]));

    [Fact]
    public void The_first_listed_is_current_and_each_is_found_by_its_generation()
    {
        var newest = PinnedKey.Derive('z', 1);
        var older = PinnedKey.Derive('0', 2);
        var keys = new MasterKeys([newest, older]);
        keys.Current.ShouldBeSameAs(newest);
        keys.All.ShouldBe([newest, older]);
        keys.Find('z').ShouldBeSameAs(newest);
        keys.Find('0').ShouldBeSameAs(older);
    }

    [Fact]
    public void A_generation_that_is_not_listed_is_not_found()
    {
        var keys = new MasterKeys([PinnedKey.Derive('A', 1)]);
        for (var code = 0; code <= char.MaxValue; code++)
        {
            if (code != 'A')
                keys.Find((char)code).ShouldBeNull();
        }
    }

    [Fact]
    public void No_master_key_at_all_is_refused() => Should.Throw<ArgumentException>(() => new MasterKeys([]));

    [Fact]
    public void Two_of_one_generation_are_refused() =>
        Should.Throw<ArgumentException>(() => new MasterKeys([PinnedKey.Derive('A', 1), PinnedKey.Derive('B', 2), PinnedKey.Derive('A', 3)]))
            .Message.ShouldContain("'A'");

    private static string HashOfNothing(KeyedHash hash)
    {
        var result = new byte[KeyedHash.Size];
        hash.Compute([], result);
        return Convert.ToHexString(result);
    }
}
