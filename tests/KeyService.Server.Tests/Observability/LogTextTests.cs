using KeyService.Server.Observability;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Observability;

public class LogTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("w\r\nFAKE", "w\\r\\nFAKE")]
    [InlineData("\u001b[31mred\u009b", "\\u001B[31mred\\u009B")]
    [InlineData("a\u2028b\u2029c\u0085d", "a\\u2028b\\u2029c\\u0085d")]
    [InlineData("\u202egnp.exe\u2066\u200f\u200b", "\\u202Egnp.exe\\u2066\\u200F\\u200B")]
    [InlineData("Zoë 鍵 🔑 مفتاح", "Zoë 鍵 🔑 مفتاح")]
    [InlineData("tag\U000E0041", "tag\\U000E0041")]
    public void What_would_begin_a_line_or_reorder_it_is_escaped(string text, string safe) => LogText.Safe(text, LogTextRules.None).ShouldBe(safe);

    [Theory]
    [InlineData("GET /v1/workspaces/{key}/keys")]
    [InlineData("{KEY}")]
    [InlineData("{part}")]
    [InlineData("Authorization: Bearer abcdefgh12345")]
    [InlineData("token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhYmNkZWZnaDEyMzQ1In0.abcdefgh12345")]
    public void What_looks_like_a_credential_is_cut_out(string text)
    {
        var key = PinnedKey.ApiKey;
        text = text.Replace("{key}", key, StringComparison.Ordinal).Replace("{KEY}", key.ToUpperInvariant(), StringComparison.Ordinal).Replace("{part}", key[..25], StringComparison.Ordinal);

        var safe = LogText.Safe(text, LogTextRules.None);

        safe.ShouldContain(LogText.Removed);
        safe.ShouldNotContain(key[9..20], Case.Insensitive);
        safe.ShouldNotContain("abcdefgh12345");
    }

    [Fact]
    public void Half_a_character_is_escaped() => LogText.Safe("a" + (char)0xd800 + "x", LogTextRules.None).ShouldBe("a\\uD800x");

    [Fact]
    public void A_hint_may_be_logged() => LogText.Safe("ks_live_…Ab1c", LogTextRules.All).ShouldBe("ks_live_…Ab1c");

    [Fact]
    public void Query_strings_are_cut_out_of_what_libraries_log() =>
        LogText.Safe("GET http://h/v1/caller?apiKey=K&x='y - -", LogTextRules.NoQueries).ShouldBe("GET http://h/v1/caller?[removed] - -");

    [Fact]
    public void A_line_has_a_bound() => LogText.Safe(new('\n', 1_000_000), LogTextRules.All).Length.ShouldBeLessThan(3 * LogText.MaxLength);
}
