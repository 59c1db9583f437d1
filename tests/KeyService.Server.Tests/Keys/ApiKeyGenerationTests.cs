using System.Text;
using System.Text.RegularExpressions;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class ApiKeyGenerationTests
{
    [Theory]
    [InlineData(nameof(KeyEnvironment.Live), "^ks_live_[0-9A-Za-z]{38}$")]
    [InlineData(nameof(KeyEnvironment.Test), "^ks_test_[0-9A-Za-z]{38}$")]
    public void A_new_api_key_has_the_published_shape(string environment, string pattern)
    {
        for (var i = 0; i < 200; i++)
        {
            var apiKey = ApiKeyText.Generate("ks", Enum.Parse<KeyEnvironment>(environment), PinnedKey.Master);
            Regex.IsMatch(apiKey, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)).ShouldBeTrue();
            apiKey.Length.ShouldBe(46);
            apiKey[8].ShouldBe('7');
        }
    }

    [Theory]
    [InlineData("ks")]
    [InlineData("abcdefgh")]
    public void A_new_api_key_parses_and_its_tag_holds(string brand)
    {
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        for (var i = 0; i < 200; i++)
        {
            var apiKey = ApiKeyText.Generate(brand, KeyEnvironment.Test, PinnedKey.Master);
            ApiKeyText.TryParse(apiKey, ascii, out var parts).ShouldBe(ApiKeyParseResult.Ok);
            parts.ShouldBe(new ApiKeyParts(apiKey.Length, KeyEnvironment.Test, '7'));
            ApiKeyText.HasValidTag(ascii[..parts.Length], PinnedKey.Master).ShouldBeTrue();
            ApiKeyText.HasValidTag(ascii[..parts.Length], PinnedKey.OtherMaster).ShouldBeFalse();
        }
    }

    [Fact]
    public void The_longest_brand_fills_the_longest_text() =>
        ApiKeyText.Generate("abcdefgh", KeyEnvironment.Live, PinnedKey.Master).Length.ShouldBe(ApiKeyText.MaxLength);

    [Fact]
    public void Every_place_of_the_secret_takes_every_digit_equally_often()
    {
        const int draws = 20_000;
        var counts = new int[23, 128];
        for (var i = 0; i < draws; i++)
        {
            var secret = ApiKeyText.Generate("ks", KeyEnvironment.Live, PinnedKey.Master).AsSpan(9, 23);
            for (var place = 0; place < secret.Length; place++)
                counts[place, secret[place]]++;
        }

        for (var place = 0; place < 23; place++)
        {
            var chiSquare = 0.0;
            foreach (var digit in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
                chiSquare += Math.Pow(counts[place, digit] - (draws / 62.0), 2) / (draws / 62.0);
            // 61 degrees of freedom: mean 61, deviation 11. A uniform source exceeds 150 less than once in 10^8; a byte % 62 gives about 190.
            chiSquare.ShouldBeLessThan(150, $"place {place}");
        }
    }

    [Fact]
    public void No_two_api_keys_are_the_same() =>
        Enumerable.Range(0, 2_000).Select(_ => ApiKeyText.Generate("ks", KeyEnvironment.Live, PinnedKey.Master)).Distinct().Count().ShouldBe(2_000);

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("abcdefghi")]
    [InlineData("KS")]
    [InlineData("k1")]
    [InlineData("k_")]
    [InlineData("kß")]
    public void A_brand_that_scanners_could_not_find_is_refused(string brand)
    {
        ApiKeyText.IsValidBrand(brand).ShouldBeFalse();
        Should.Throw<ArgumentException>(() => ApiKeyText.Generate(brand, KeyEnvironment.Live, PinnedKey.Master));
    }

    [Fact]
    public void An_environment_that_is_none_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => ApiKeyText.Generate("ks", (KeyEnvironment)0, PinnedKey.Master));

    [Fact]
    public void A_hint_shows_the_prefix_and_the_last_four_characters_only()
    {
        ApiKeyText.Hint(PinnedKey.ApiKey).ShouldBe("ks_live_...7j5Z");
        ApiKeyText.Hint(ApiKeyText.Generate("wallet", KeyEnvironment.Test, PinnedKey.Master)).ShouldMatch("^wallet_test_\\.\\.\\.[0-9A-Za-z]{4}$");
    }

    [Theory]
    [InlineData("")]
    [InlineData("ks_live_aB3d")]
    public void A_hint_of_something_too_short_is_refused_without_repeating_it(string text) =>
        Should.Throw<ArgumentException>(() => ApiKeyText.Hint(text)).Message.ShouldNotContain("aB3d");

    [Fact]
    public void The_tag_of_a_text_that_is_no_api_key_never_holds()
    {
        for (var length = 0; length <= 100; length++)
            ApiKeyText.HasValidTag(Encoding.ASCII.GetBytes(new string('a', length)), PinnedKey.Master).ShouldBeFalse();
    }
}
