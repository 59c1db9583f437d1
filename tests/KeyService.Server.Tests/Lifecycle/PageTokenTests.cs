using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Lifecycle;

public class PageTokenTests
{
    private static readonly KeyPosition Position = new(1_795_435_200_000_000, "TRADING BOT", PinnedKey.KeyId);

    private static readonly string[] Binding = ["ListKeys", "key_root", "acme", "bot", "Enabled", "ByName"];

    [Fact]
    public void What_was_sealed_is_opened_for_the_same_list()
    {
        PageToken.Open<KeyPosition>(Seal(), Binding, Samples.MasterKeys).ShouldBe(Position);
        PageToken.Open<long>(PageToken.Seal(42L, Binding, PinnedKey.Master), Binding, Samples.MasterKeys).ShouldBe(42);
    }

    /// <summary>Put together here from the table of the format, with a nonce of its own.</summary>
    [Fact]
    public void The_layout_is_that_of_the_table()
    {
        var nonce = Enumerable.Range(1, 12).Select(i => (byte)i).ToArray();
        var body = Encoding.UTF8.GetBytes(
            """{"CreateMicroseconds":1795435200000000,"NameOrder":"TRADING BOT","KeyId":"key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f"}""");
        var (sealedBody, tag) = (new byte[body.Length], new byte[16]);
        using var cipher = new AesGcm(PinnedKey.Master.PageTokenKey, 16);
        cipher.Encrypt(nonce, body, sealedBody, tag, SHA256.HashData("""["ListKeys","key_root","acme","bot","Enabled","ByName"]"""u8));

        var token = Base64Url.EncodeToString([1, (byte)'7', .. nonce, .. tag, .. sealedBody]);

        PageToken.Open<KeyPosition>(token, Binding, Samples.MasterKeys).ShouldBe(Position);
        Seal().Length.ShouldBe(token.Length);
        Base64Url.DecodeFromChars(Seal())[..2].ShouldBe([1, (byte)'7']);
    }

    [Fact]
    public void A_token_says_nothing_of_the_position()
    {
        var bytes = Base64Url.DecodeFromChars(Seal());

        Encoding.Latin1.GetString(bytes).ShouldNotContain("TRADING");
        Seal().ShouldNotBe(Seal());
    }

    [Fact]
    public void A_changed_bit_anywhere_is_refused()
    {
        var token = Base64Url.DecodeFromChars(Seal());
        for (var bit = 0; bit < token.Length * 8; bit++)
        {
            var damaged = token.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Refuses(Base64Url.EncodeToString(damaged));
        }
    }

    [Fact]
    public void A_cut_or_lengthened_token_is_refused()
    {
        var token = Base64Url.DecodeFromChars(Seal());
        for (var length = 0; length < token.Length; length++) Refuses(Base64Url.EncodeToString(token.AsSpan(0, length)));
        Refuses(Base64Url.EncodeToString([.. token, 0]));
    }

    [Theory]
    [InlineData("!")]
    [InlineData("AQ+/")]
    [InlineData("é")]
    [InlineData("\0")]
    [InlineData("A")]
    public void A_text_that_is_no_token_is_refused(string text) => Refuses(text);

    [Fact]
    public void A_token_of_any_other_list_is_refused()
    {
        for (var i = 0; i < Binding.Length; i++)
        {
            var other = Binding.ToArray();
            other[i] += "x";
            Refuses(Seal(), other);
        }

        Refuses(Seal(), [.. Binding, ""]);
        Refuses(Seal(), Binding[..^1]);
        // Joined they would be the same text.
        Refuses(Seal(), ["ListKeys", "key_root", "acm", "ebot", "Enabled", "ByName"]);
    }

    [Fact]
    public void A_token_under_another_master_key_is_refused()
    {
        Refuses(Seal(), masterKeys: new([PinnedKey.OtherMaster]));
        Refuses(Seal(), masterKeys: new([PinnedKey.Derive('8', 0)]));
        PageToken.Open<KeyPosition>(Seal(), Binding, new([PinnedKey.Derive('8', 1), PinnedKey.Master])).ShouldBe(Position);
    }

    [Fact]
    public void An_oversized_token_is_refused_before_it_is_opened()
    {
        var longest = Seal(new string('a', 2_900));
        longest.Length.ShouldBeLessThanOrEqualTo(4_096);
        PageToken.Open<KeyPosition>(longest, Binding, Samples.MasterKeys).NameOrder.Length.ShouldBe(2_900);

        Refuses(Seal(new string('a', 3_000)));
        Refuses(new string('A', 1_000_000));
    }

    [Fact]
    public void The_position_after_the_longest_name_fits_into_a_token() =>
        // Escaped as JSON each of these is six characters.
        PageToken.Open<KeyPosition>(Seal(new string('é', 200)), Binding, Samples.MasterKeys).NameOrder.ShouldBe(new string('é', 200));

    private static string Seal(string nameOrder = "TRADING BOT") => PageToken.Seal(Position with { NameOrder = nameOrder }, Binding, PinnedKey.Master);

    private static void Refuses(string token, string[]? binding = null, MasterKeys? masterKeys = null) =>
        Should.Throw<RefusedException>(() => PageToken.Open<KeyPosition>(token, binding ?? Binding, masterKeys ?? Samples.MasterKeys))
            .Reason.ShouldBe(Refusal.InvalidPageToken);
}
