using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using KeyService.FunctionalTests.Infrastructure;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.FunctionalTests.Callers;

/// <summary>What looks like a JWT of the issuer and is none that holds.</summary>
public sealed class BadJwtTests(IssuerServer issuing) : IClassFixture<IssuerServer>
{
    private TestIssuer Issuer => issuing.Issuer;

    [Fact]
    public async Task A_token_as_these_tests_make_it_holds() =>
        (await IssuerServer.AskAsync(issuing.Server, Issuer.Sign())).CredentialId.ShouldBe("oidc:somebody");

    [Fact]
    public async Task The_type_may_be_JWT_whatever_its_case() =>
        (await IssuerServer.AskAsync(issuing.Server, Issuer.Sign(token => token.TokenType = "jwt"))).CredentialId.ShouldBe("oidc:somebody");

    public static TheoryData<string, Action<SecurityTokenDescriptor>> Changes => new()
    {
        { "expired", token => (token.NotBefore, token.Expires) = (Now.AddMinutes(-10), Now.AddSeconds(-31)) },
        { "not yet valid", token => token.NotBefore = Now.AddMinutes(1) },
        { "without expiry", token => token.Expires = null },
        { "for another audience", token => token.Audience = "another" },
        { "for no audience", token => token.Audience = null },
        { "of another issuer", token => token.Issuer = "http://127.0.0.1:1/" },
        { "of no issuer", token => token.Issuer = null },
        { "of another type", token => token.TokenType = "logout+jwt" },
        { "without a subject", token => token.Claims.Remove("sub") },
        { "with an empty subject", token => token.Claims["sub"] = "" },
        { "with an extension that must be understood", token => token.AdditionalHeaderClaims = new Dictionary<string, object>(StringComparer.Ordinal) { ["crit"] = new[] { "b64" } } },
        { "an ID token for a client with the audience's name", token => token.Claims["at_hash"] = "x" },
        { "signed by somebody else", token => token.SigningCredentials = new(new RsaSecurityKey(RSA.Create(2048)), SecurityAlgorithms.RsaSha256) },
        { "not signed", token => token.SigningCredentials = null },
    };

    [Theory]
    [MemberData(nameof(Changes), DisableDiscoveryEnumeration = true)]
    public async Task A_token_that_is_not_as_it_should_be_is_refused(string what, Action<SecurityTokenDescriptor> change)
    {
        var error = await IssuerServer.RefusedAsync(issuing.Server, Issuer.Sign(change));

        error.ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        error.Message.ShouldBe("The credential does not hold.", what);
    }

    [Fact]
    public async Task A_token_signed_by_somebody_else_under_the_issuers_key_id_is_refused()
    {
        using var rsa = RSA.Create(2048);
        var key = new RsaSecurityKey(rsa) { KeyId = Issuer.SigningKey.KeyId };

        await ShouldBeRefusedAsync(Issuer.Sign(token => token.SigningCredentials = new(key, SecurityAlgorithms.RsaSha256)));
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        var payload = Issuer.Sign().Split('.')[1];

        await ShouldBeRefusedAsync($"{Encode("""{"alg":"none","typ":"at+jwt"}""")}.{payload}.");
        await ShouldBeRefusedAsync(Issuer.Sign()[..(Issuer.Sign().LastIndexOf('.') + 1)]);
    }

    [Fact]
    public async Task A_public_key_is_no_secret_to_sign_with()
    {
        var header = Encode($$"""{"alg":"HS256","typ":"at+jwt","kid":"{{Issuer.SigningKey.KeyId}}"}""");
        var text = $"{header}.{Issuer.Sign().Split('.')[1]}";
        var rsa = Issuer.SigningKey.Rsa;

        foreach (var secret in new[] { rsa.ExportSubjectPublicKeyInfo(), rsa.ExportRSAPublicKey(), Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()) })
            await ShouldBeRefusedAsync($"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)))}");
    }

    [Fact]
    public async Task A_payload_that_was_changed_is_refused()
    {
        var parts = (await Issuer.TokenAsync("tamperer", "keys:read")).Split('.');
        var claims = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Base64Url.DecodeFromChars(parts[1]))!;
        claims["keyservice_permissions"] = JsonSerializer.SerializeToElement("keys:admin");

        await ShouldBeRefusedAsync($"{parts[0]}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}.{parts[2]}");
    }

    [Fact]
    public async Task The_issuers_own_token_for_another_audience_is_refused() =>
        await ShouldBeRefusedAsync(await Issuer.TokenAsync(new TestPerson("elsewhere", "keys:read") { Audience = "another" }));

    [Fact]
    public async Task The_token_of_another_issuer_is_refused()
    {
        await using var another = await TestIssuer.StartAsync();

        await ShouldBeRefusedAsync(await another.TokenAsync("stranger", "keys:admin"));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("....")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.e30")]
    [InlineData("{}.{}.{}")]
    [InlineData("bnVsbA.bnVsbA.bnVsbA")]
    [InlineData("ks_live_x.y")]
    public async Task Text_with_dots_is_refused(string text) => await ShouldBeRefusedAsync(text);

    [Fact]
    public async Task After_all_that_a_good_token_and_an_api_key_still_hold()
    {
        for (var i = 0; i < 20; i++) await ShouldBeRefusedAsync(Issuer.Sign(token => token.SigningCredentials = new(new RsaSecurityKey(RSA.Create(2048)), SecurityAlgorithms.RsaSha256)));

        (await IssuerServer.AskAsync(issuing.Server, Issuer.Sign())).CredentialId.ShouldBe("oidc:somebody");
        (await IssuerServer.AskAsync(issuing.Server, issuing.Server.RootCredential)).AllWorkspaces.ShouldBeTrue();
    }

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private async Task ShouldBeRefusedAsync(string token) =>
        (await IssuerServer.RefusedAsync(issuing.Server, token)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
}
