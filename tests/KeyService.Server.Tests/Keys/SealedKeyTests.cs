using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class SealedKeyTests
{
    private static readonly KeyDigest Digest = PinnedKey.DigestOf(PinnedKey.ApiKey);

    [Fact]
    public void What_is_sealed_opens_in_its_own_row() => Open(Seal()).ShouldBe(PinnedKey.ApiKey);

    [Fact]
    public void Two_seals_of_one_key_have_nothing_in_common_but_the_version()
    {
        var one = Seal();
        var other = Seal();
        one.Length.ShouldBe(29 + PinnedKey.ApiKey.Length);
        one[0].ShouldBe((byte)1);
        one[1..13].ShouldNotBe(other[1..13]);
        one[13..29].ShouldNotBe(other[13..29]);
        one[29..].ShouldNotBe(other[29..]);
    }

    [Fact]
    public void A_changed_bit_anywhere_keeps_it_shut()
    {
        var value = Seal();
        for (var bit = 0; bit < value.Length * 8; bit++)
        {
            var damaged = value.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Open(damaged).ShouldBeNull($"bit {bit}");
        }
    }

    [Fact]
    public void A_cut_or_lengthened_value_stays_shut()
    {
        var value = Seal();
        for (var length = 0; length < value.Length; length++)
            Open(value[..length]).ShouldBeNull($"length {length}");
        Open([.. value, 0]).ShouldBeNull();
    }

    [Fact]
    public void A_value_moved_to_another_row_stays_shut()
    {
        var value = Seal();
        SealedKey.Open(PinnedKey.Master, value, "acme2", PinnedKey.KeyId, Digest).ShouldBeNull();
        SealedKey.Open(PinnedKey.Master, value, "Acme", PinnedKey.KeyId, Digest).ShouldBeNull();
        SealedKey.Open(PinnedKey.Master, value, PinnedKey.WorkspaceId, PinnedKey.KeyId[..^1] + "0", Digest).ShouldBeNull();
        SealedKey.Open(PinnedKey.Master, value, PinnedKey.WorkspaceId, PinnedKey.KeyId, PinnedKey.DigestOf("another")).ShouldBeNull();
    }

    [Fact]
    public void A_character_moved_between_workspace_and_key_id_keeps_it_shut()
    {
        var value = SealedKey.Seal(PinnedKey.Master, PinnedKey.ApiKey, "ab", "c", Digest);
        SealedKey.Open(PinnedKey.Master, value, "ab", "c", Digest).ShouldBe(PinnedKey.ApiKey);
        SealedKey.Open(PinnedKey.Master, value, "a", "bc", Digest).ShouldBeNull();
    }

    [Fact]
    public void Another_master_key_does_not_open_it() =>
        SealedKey.Open(PinnedKey.OtherMaster, Seal(), PinnedKey.WorkspaceId, PinnedKey.KeyId, Digest).ShouldBeNull();

    [Fact]
    public void The_same_secret_under_another_generation_does_not_open_it() =>
        SealedKey.Open(PinnedKey.Derive('8', 0), Seal(), PinnedKey.WorkspaceId, PinnedKey.KeyId, Digest).ShouldBeNull();

    [Fact]
    public void A_text_that_would_not_come_back_as_it_went_in_is_refused() =>
        Should.Throw<ArgumentException>(() => SealedKey.Seal(PinnedKey.Master, "ké", PinnedKey.WorkspaceId, PinnedKey.KeyId, Digest));

    private static byte[] Seal() => SealedKey.Seal(PinnedKey.Master, PinnedKey.ApiKey, PinnedKey.WorkspaceId, PinnedKey.KeyId, Digest);

    private static string? Open(byte[] value) => SealedKey.Open(PinnedKey.Master, value, PinnedKey.WorkspaceId, PinnedKey.KeyId, Digest);
}
