using CsCheck;
using KeyService.Contracts;

namespace KeyService.Server.Tests.Grpc;

public class FreeTextTests
{
    [Theory]
    [InlineData("Trading bot")]
    [InlineData("שלום עולם")]
    [InlineData("مرحبا بالعالم 123")]
    [InlineData("ABC שלום (1)")]
    [InlineData("می\u200cخواهم")]
    [InlineData("PDF\u200cها")]
    [InlineData("ه\u200d")]
    [InlineData("ക്\u200dഷ അവന്\u200d")]
    [InlineData("क्\u200dष")]
    [InlineData("ภาษา\u200bไทย")]
    [InlineData("\u1820\u180e\u1820")]
    [InlineData("👨\u200d👩\u200d👧")]
    [InlineData("🏳\ufe0f\u200d🌈")]
    [InlineData("👩🏽\u200d🚀")]
    [InlineData("❤\ufe0f\u200d🔥")]
    [InlineData("1\ufe0f\u20e3 ©\ufe0f")]
    [InlineData("🇩🇪")]
    [InlineData("🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F")]
    [InlineData("葛\U000E0100城")]
    [InlineData("e\u0301lan")]
    [InlineData("\u0600\u0661\u0662")]
    [InlineData("%_[]^'\\ <script>")]
    [InlineData("a\u00a0b")]
    [InlineData("\u200Bzero\u200Dwidth\uFEFF")]
    public void Honest_text_of_any_script_passes(string text)
    {
        FreeText.Problem(text, multiline: false).ShouldBeNull();
        FreeText.HasVisible(text).ShouldBeTrue();
    }

    [Theory]
    [InlineData("a\u202eb", "U+202E")]
    [InlineData("\u2066a\u2069", "U+2066")]
    [InlineData("a\u200eb", "U+200E")]
    [InlineData("שלום\u200f", "U+200F")]
    [InlineData("a\u061cb", "U+061C")]
    [InlineData("a\u2028b", "U+2028")]
    [InlineData("a\u2029b", "U+2029")]
    [InlineData("a\u0085b", "control characters")]
    public void Text_that_deceives_is_named_by_what_is_wrong(string text, string expected) =>
        FreeText.Problem(text, multiline: true).ShouldNotBeNull().ShouldContain(expected);

    [Theory]
    [InlineData("")]
    [InlineData(" \u3000\u00a0\t")]
    [InlineData("\u200b\u200c\u200d\u2060\ufeff")]
    [InlineData("\u00ad\u034f\u061c\u180e")]
    [InlineData("\u115f\u1160\u3164\uffa0")]
    [InlineData("\u2800")]
    [InlineData("\u0301\u0302")]
    [InlineData("\ufe0f\U000E0100")]
    [InlineData("\U000E0020\U000E0041")]
    [InlineData("\u202e\u2066\u2028")]
    [InlineData("\ue000\U000F0000")]
    [InlineData("\u0378")]
    public void What_shows_nothing_is_not_visible(string text) => FreeText.HasVisible(text).ShouldBeFalse();

    [Fact]
    public void No_text_is_an_exception() =>
        Gen.Char.Array[0, 8].Select(chars => new string(chars)).Sample(
            text =>
            {
                FreeText.Problem(text, multiline: true);
                FreeText.HasVisible(text);
            },
            iter: 20_000);
}
