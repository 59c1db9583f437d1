using System.Net;
using Microsoft.IdentityModel.JsonWebTokens;

namespace KeyService.Testing.Tests.Issuer;

/// <summary>The issuer of these tests is one: what it would let pass proves nothing about who calls.</summary>
public sealed class TestIssuerTests
{
    private const string Redirect = "http://127.0.0.1:1/signin-oidc";
    private const string Challenge = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    [Fact]
    public async Task Without_a_hint_whoever_is_signed_in_gets_a_code_and_nobody_else_does()
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.Set(new("ann", "keys:read") { Name = "Ann" });

        (await AuthorizeAsync(issuer, Challenge)).ShouldContain("error=access_denied");
        (await AuthorizeAsync(issuer, Challenge + "&login_hint=bob")).ShouldContain("error=access_denied");
        issuer.SignedIn = "ann";
        (await AuthorizeAsync(issuer, Challenge)).ShouldContain("code=");
        (await AuthorizeAsync(issuer, "")).ShouldContain("'code_challenge' parameter is missing");

        var tokens = await issuer.SignInAsync("ann");
        new JsonWebToken(tokens.IdToken).GetPayloadValue<string>("name").ShouldBe("Ann");
        new JsonWebToken(tokens.IdToken).Audiences.ShouldBe([issuer.ClientId]);
        new JsonWebToken(tokens.AccessToken).GetPayloadValue<string>("keyservice_permissions").ShouldBe("keys:read");
    }

    [Fact]
    public async Task Refresh_tokens_hold_over_a_restart_and_not_over_new_keys()
    {
        await using var issuer = await TestIssuer.StartAsync();
        issuer.Set(new("ann"));
        var tokens = await issuer.SignInAsync("ann");

        await issuer.StopAsync();
        await issuer.StartAgainAsync();
        var next = await issuer.RefreshAsync(tokens.RefreshToken);
        new JsonWebToken(next.AccessToken).Kid.ShouldBe(issuer.SigningKey.KeyId);
        await issuer.RotateKeysAsync();

        (await Should.ThrowAsync<InvalidOperationException>(issuer.RefreshAsync(next.RefreshToken))).Message.ShouldContain("invalid_grant");
    }

    [Fact]
    public async Task A_sign_out_leads_back()
    {
        await using var issuer = await TestIssuer.StartAsync();

        (await GetAsync(issuer, $"connect/logout?state=s&post_logout_redirect_uri={Uri.EscapeDataString(Redirect)}")).ShouldBe($"{Redirect}?state=s");
    }

    private static Task<string> AuthorizeAsync(TestIssuer issuer, string more) => GetAsync(
        issuer, $"connect/authorize?response_type=code&scope=openid&client_id={issuer.ClientId}&redirect_uri={Uri.EscapeDataString(Redirect)}{more}");

    /// <summary>Where it leads, or what it says.</summary>
    private static async Task<string> GetAsync(TestIssuer issuer, string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(issuer.Authority) };
        using var response = await http.GetAsync(path);
        return response.StatusCode == HttpStatusCode.Found ? response.Headers.Location!.ToString() : await response.Content.ReadAsStringAsync();
    }
}
