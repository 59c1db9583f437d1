using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class ApiKeyScanTests
{
    private const string Secret = "70123456789ABCDEFGHIJKLMGUqvUJhW2s7j5Z";

    [Theory]
    [InlineData(PinnedKey.ApiKey)]
    [InlineData(" \t" + PinnedKey.ApiKey + "\r\n")]
    [InlineData("\"" + PinnedKey.ApiKey + "\"")]
    [InlineData("Bearer " + PinnedKey.ApiKey)]
    [InlineData("My key is " + PinnedKey.ApiKey + ", keep it.")]
    [InlineData("https://example.com/?key=" + PinnedKey.ApiKey + "&x=1")]
    [InlineData("x" + PinnedKey.ApiKey + "y")]
    [InlineData("ключ" + PinnedKey.ApiKey + "ключ")]
    [InlineData("a_live_b " + PinnedKey.ApiKey)]
    [InlineData("wallet_test_" + Secret)]
    [InlineData("kx_live_" + Secret)]
    [InlineData("Ks_live_" + Secret)]
    [InlineData("KS_LIVE_" + Secret)]
    [InlineData("ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW000000")]
    [InlineData("ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j5")]
    [InlineData("ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW")]
    [InlineData("ks_live_70123456789ABCDEFGHIJKLM")]
    [InlineData("ks_live_abcdefghijklmnopqrstuvwxyzABCDEF")]
    public void An_api_key_is_found_whole_mistyped_or_cut_and_whatever_surrounds_it(string text) => ApiKeyScan.Finds(text).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("ks_live_")]
    [InlineData("ks_live_...7j5Z")]
    [InlineData("key_019ab3c5d7e87f0192a3b4c5d6e7f809")]
    [InlineData("orders_test_environment2024")]
    [InlineData("wallet_live_paymentprocessingworkers")]
    [InlineData("bot_test_019ab3c5-d7e8-7f01-92a3-b4c5d6e7f809")]
    [InlineData("_live_" + Secret)]
    [InlineData("a_live_" + Secret)]
    [InlineData("ks_prod_" + Secret)]
    [InlineData(Secret)]
    public void What_is_no_secret_is_left_alone(string text) => ApiKeyScan.Finds(text).ShouldBeFalse();

    [Fact]
    public void Every_api_key_is_found_in_any_text() =>
        Gen.Select(Gen.String, Gen.String, Gen.String[Gen.Char['a', 'z'], 2, 8]).Sample(
            (before, after, brand) => ApiKeyScan.Finds(before + ApiKeyText.Generate(brand, KeyEnvironment.Test, PinnedKey.Master) + after).ShouldBeTrue(),
            iter: 2_000);
}
