using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class PinnedKeyTests
{
    [Fact]
    public void The_pinned_api_key_parses_into_its_parts()
    {
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        ApiKeyText.TryParse(PinnedKey.ApiKey, ascii, out var parts).ShouldBe(ApiKeyParseResult.Ok);
        parts.ShouldBe(new ApiKeyParts(46, KeyEnvironment.Live, '7'));
        Encoding.ASCII.GetString(ascii[..parts.Length]).ShouldBe(PinnedKey.ApiKey);
    }

    [Fact]
    public void The_pinned_tag_and_checksum_stand_where_the_format_puts_them()
    {
        PinnedKey.ApiKey[32..40].ShouldBe(PinnedKey.Tag);
        PinnedKey.ApiKey[40..].ShouldBe(PinnedKey.Checksum);
        ApiKeyText.HasValidTag(Encoding.ASCII.GetBytes(PinnedKey.ApiKey), PinnedKey.Master).ShouldBeTrue();
    }

    [Fact]
    public void The_canarys_text_follows_from_the_master_key_and_from_no_other()
    {
        ApiKeyText.DeriveForCanary(PinnedKey.Brand, PinnedKey.Master).ShouldBe(PinnedKey.Canary);
        ApiKeyText.HasValidTag(Encoding.ASCII.GetBytes(PinnedKey.Canary), PinnedKey.Master).ShouldBeTrue();
        ApiKeyText.DeriveForCanary(PinnedKey.Brand, PinnedKey.OtherMaster)[9..32].ShouldNotBe(PinnedKey.Canary[9..32]);
    }

    [Fact]
    public void The_pinned_digest_is_what_is_stored_for_it() =>
        Convert.ToHexStringLower(PinnedKey.DigestOf(PinnedKey.ApiKey).ToArray()).ShouldBe(PinnedKey.DigestHex);

    [Fact]
    public void The_pinned_sealed_value_opens_to_it() =>
        SealedKey.Open(
            PinnedKey.Master,
            Convert.FromHexString(PinnedKey.SealedHex),
            PinnedKey.WorkspaceId,
            PinnedKey.KeyId,
            PinnedKey.DigestOf(PinnedKey.ApiKey)).ShouldBe(PinnedKey.ApiKey);

    [Fact]
    public void The_derived_keys_never_change()
    {
        var master = PinnedKey.Master;
        Convert.ToHexStringLower(master.Fingerprint).ShouldBe("08a2b0f1da1516daee348499ff1cc3a8a4dc00003819870b486ab81c127642d3");
        Convert.ToHexStringLower(master.PageTokenKey).ShouldBe("d338a64b75175910865903b5b16ef6f86385d41968caba3fc899c17ddbc98337");
        Convert.ToHexStringLower(master.RevealKey).ShouldBe("02707e1883fe50729f2dfe75f2ccd8ecd52155f00b86aa07eba9f9a638a020e1");
        Convert.ToHexStringLower(master.SessionKey).ShouldBe("58dbbfc15129a0321993402394268b241ee83561ee4e8046a4078b9ad583b9fa");
        // mac(hkdf(secret, label), b"abc")
        HashOfAbc(master.CacheSealHash).ShouldBe("c6fffce452200b71517a8e7bc9b0c6228bb31b51a094ac5c7319679ea7553a90");
        HashOfAbc(master.AuditHash).ShouldBe("dbf39065210749b9f87e8619d15dc775892643a3ed0e19d90744d08c529a0e91");
    }

    private static string HashOfAbc(KeyedHash hash)
    {
        var result = new byte[KeyedHash.Size];
        hash.Compute("abc"u8, result);
        return Convert.ToHexStringLower(result);
    }
}
