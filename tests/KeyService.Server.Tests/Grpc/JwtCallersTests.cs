using System.Security.Cryptography;
using System.Text;
using CsCheck;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Tests.Grpc;

/// <summary>What the functional tests cannot say of a token: its times to the second, its size, odd claims.</summary>
public sealed class JwtCallersTests : IDisposable
{
    private const string Name = "https://issuer";

    private static readonly RsaSecurityKey Key = new(RSA.Create(2048)) { KeyId = "1" };

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly IssuerMetadata _metadata;
    private readonly JwtCallers _jwts;

    public JwtCallersTests()
    {
        _metadata = new(_ => Task.FromResult(new Issuer(Name, [Key])), Samples.Metrics(_time), _time, NullLogger<IssuerMetadata>.Instance);
        _jwts = new("keyservice", _metadata, TimeSpan.FromSeconds(20), _time);
    }

    public void Dispose() => _metadata.Dispose();

    [Theory]
    [InlineData(-60, -30, false)]
    [InlineData(-60, -29, true)]
    [InlineData(0, 60, true)]
    [InlineData(30, 60, true)]
    [InlineData(31, 60, false)]
    public async Task Clocks_may_differ_by_30_seconds(int fromSeconds, int untilSeconds, bool holds)
    {
        var token = Sign($$"""{"sub": "s", "iss": "{{Name}}", "aud": "keyservice", "nbf": {{At(fromSeconds)}}, "exp": {{At(untilSeconds)}}}""");

        ((await AskAsync(token)) is not null).ShouldBe(holds);
    }

    [Theory]
    [InlineData("\"keys:read\"", "keys:read")]
    [InlineData("[\"keys:read\", \"keys:write\"]", "keys:read keys:write")]
    [InlineData("[\"keys:read\", 1, null, true, {\"keys:write\": 1}, [\"keys:write\"], 1.5e300]", "keys:read")]
    [InlineData("[]", "")]
    [InlineData("{}", "")]
    [InlineData("null", "")]
    [InlineData("5", "")]
    public async Task The_claim_is_a_text_or_a_list_of_texts(string claim, string expected)
    {
        var credential = await AskAsync(SignGood($"\"keyservice_permissions\": {claim}"));

        string.Join(' ', PermissionNames.NamesOf(credential!.Rights.PermissionsIn("a"))).ShouldBe(expected);
    }

    [Theory]
    [InlineData("\"sub\": null")]
    [InlineData("\"sub\": \"\"")]
    [InlineData("\"sub\": {}")]
    [InlineData("\"sub\": []")]
    [InlineData("\"exp\": \"never\"")]
    [InlineData("\"exp\": null")]
    [InlineData("\"exp\": -1")]
    [InlineData("\"nbf\": \"x\"")]
    [InlineData("\"aud\": []")]
    [InlineData("\"aud\": {\"keyservice\": 1}")]
    [InlineData("\"aud\": \"KeyService\"")]
    [InlineData("\"aud\": \"keyservice/\"")]
    [InlineData("\"iss\": \"https://issuer/\"")]
    [InlineData("\"iss\": null")]
    public async Task A_token_with_an_odd_claim_does_not_hold_and_does_no_harm(string claim) => (await AskAsync(SignGood(claim))).ShouldBeNull();

    [Fact]
    public async Task One_audience_of_several_is_enough() => (await AskAsync(SignGood("\"aud\": [\"another\", \"keyservice\"]"))).ShouldNotBeNull();

    [Fact]
    public async Task A_token_larger_than_headers_may_be_is_not_even_read()
    {
        (await AskAsync(SignGood($"\"x\": \"{new string('x', 11_000)}\""))).ShouldNotBeNull();
        (await AskAsync(SignGood($"\"x\": \"{new string('x', 13_000)}\""))).ShouldBeNull();
    }

    [Theory]
    [InlineData("s", "oidc:s")]
    [InlineData("auth0|12@34:~!", "oidc:auth0|12@34:~!")]
    [InlineData("a b", "oidc:yGh6CKpdbtIEQyj6aml6uOltw0KR6MIDSujDjm_MbWU")]
    public void A_subject_is_the_id_or_its_hash_is(string subject, string id) => JwtCallers.IdOf(subject).ShouldBe(id);

    [Fact]
    public void Every_id_fits_into_its_columns_and_no_two_subjects_share_one() => Gen.Select(Gen.String[1, 80], Gen.String[1, 80]).Sample((one, other) =>
    {
        var id = JwtCallers.IdOf(one);
        id.Length.ShouldBeLessThanOrEqualTo(64);
        id.ShouldAllBe(c => c > ' ' && c <= '~');
        if (!Encoding.UTF8.GetBytes(one).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(other))) JwtCallers.IdOf(other).ShouldNotBe(id);
    });

    [Fact]
    public void The_longest_subject_that_fits_is_told_as_it_is()
    {
        JwtCallers.IdOf(new string('x', 59)).ShouldBe("oidc:" + new string('x', 59));
        JwtCallers.IdOf(new string('x', 60)).Length.ShouldBe(5 + 43);
    }

    [Fact]
    public async Task Whatever_is_presented_nothing_is_thrown()
    {
        var good = SignGood("\"x\": 1");
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Char).SampleAsync(async (place, c) =>
            await AskAsync(string.Concat(good.AsSpan(0, place), [c], good.AsSpan(place + 1))));
        await Gen.Select(Gen.String, Gen.String, Gen.String).SampleAsync(async (header, payload, signature) =>
            (await AskAsync($"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(payload)}.{signature}")).ShouldBeNull());
    }

    [Fact]
    public void An_API_key_is_no_JWT() => JwtCallers.IsJwt(PinnedText).ShouldBeFalse();

    private static string PinnedText => Server.Tests.Keys.PinnedKey.ApiKey;

    private static string Sign(string payload, string type = "at+jwt") => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
        payload, new SigningCredentials(Key, SecurityAlgorithms.RsaSha256), new Dictionary<string, object>(StringComparer.Ordinal) { ["typ"] = type });

    /// <summary>A good token but for one claim, which is put in the place of the good one.</summary>
    private string SignGood(string claim)
    {
        string[] good = ["\"sub\": \"s\"", $"\"iss\": \"{Name}\"", "\"aud\": \"keyservice\"", $"\"exp\": {At(60)}"];
        var name = claim[..claim.IndexOf(':', StringComparison.Ordinal)];
        return Sign($"{{{string.Join(", ", good.Where(other => !other.StartsWith(name, StringComparison.Ordinal)).Append(claim))}}}");
    }

    private long At(int seconds) => _time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();

    private async Task<Credential?> AskAsync(string token) =>
        (await _jwts.ValidateAsync(token, new(), new(_time.GetTimestamp(), DateTime.MaxValue, _time.GetUtcNow()), CancellationToken.None)).Held;
}
