using KeyService.Server.Sessions;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Sessions;

public class SealedSessionKeyTests
{
    private const string Xml = """<key id="5d6e7f80-0102-4304-8506-0708090a0b0c" version="1" />""";

    /// <summary>
    /// Made without this code, by the script of <see cref="PinnedKey"/> and
    /// <code>
    /// data = part(b"session-key") + part(bytes.fromhex("0197c0d4a3b07c5e9d1f2a3b4c5d6e7f")) + part(b"7")
    /// c = AESGCM(hkdf(secret, "keyservice/v1/session")).encrypt(nonce, xml, data)
    /// sealed = b"\x01" + nonce + c[-16:] + c[:-16]
    /// </code>
    /// </summary>
    private const string SealedHex =
        "016465666768696a6b6c6d6e6fe819cc6d47585a87d337032d3a8db6696d6d32aea16514f870dd4483e1cdffa8331388eaa71410809484fe0b52642b2722e06d"
        + "c60d5683dd843cec2bc785ef5655069a8c4818ea182fe2ba06c4";

    private static readonly Guid Id = new("0197c0d4-a3b0-7c5e-9d1f-2a3b4c5d6e7f");

    [Fact]
    public void The_pinned_value_opens() => Open(Convert.FromHexString(SealedHex)).ShouldBe(Xml);

    [Fact]
    public void What_is_sealed_opens_in_its_own_row() => Open(Seal()).ShouldBe(Xml);

    [Fact]
    public void Two_seals_of_one_element_have_nothing_in_common_but_the_version()
    {
        var (one, other) = (Seal(), Seal());

        one.Length.ShouldBe(29 + Xml.Length);
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
        for (var length = 0; length < value.Length; length++) Open(value[..length]).ShouldBeNull($"length {length}");
        Open([.. value, 0]).ShouldBeNull();
    }

    [Fact]
    public void A_value_moved_to_another_row_stays_shut() =>
        SealedSessionKey.Open(PinnedKey.Master, new("0197c0d4-a3b0-7c5e-9d1f-2a3b4c5d6e70"), Seal()).ShouldBeNull();

    [Fact]
    public void Another_master_key_does_not_open_it() => SealedSessionKey.Open(PinnedKey.OtherMaster, Id, Seal()).ShouldBeNull();

    [Fact]
    public void The_same_secret_under_another_generation_does_not_open_it() =>
        SealedSessionKey.Open(PinnedKey.Derive('8', 0), Id, Seal()).ShouldBeNull();

    private static byte[] Seal() => SealedSessionKey.Seal(PinnedKey.Master, Id, Xml);

    private static string? Open(byte[] value) => SealedSessionKey.Open(PinnedKey.Master, Id, value);
}
