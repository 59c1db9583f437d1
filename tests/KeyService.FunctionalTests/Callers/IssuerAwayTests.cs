using System.Net;
using Grpc.Core;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Callers;

/// <summary>The issuer stops, starts, and takes new keys, each time beside a server of the test's own.</summary>
public sealed class IssuerAwayTests
{
    [Fact]
    public async Task Without_an_issuer_no_JWT_is_a_credential()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);

        (await IssuerServer.RefusedAsync(server, await issuer.TokenAsync("somebody", "keys:read"))).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task An_issuer_that_is_away_from_the_start_makes_calls_with_its_tokens_unavailable_and_no_others()
    {
        await using var issuer = TestIssuer.Create();
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, IssuerServer.SettingsFor(issuer));
        var token = issuer.Sign();

        var error = await IssuerServer.RefusedAsync(server, token);
        error.ShouldBe(StatusCode.Unavailable, "ISSUER_UNAVAILABLE");
        error.Retry.ShouldNotBeNull();
        error.Message.ShouldNotContain(issuer.Authority);
        (await CallError.Of(server.Client.ValidateKeyAsync(new() { ApiKey = "x" }, TestServer.As(token)))).ShouldBe(
            StatusCode.Unavailable, "ISSUER_UNAVAILABLE");
        (await JsonAnswer.Get(server, "/v1/caller", token)).ShouldBeError(HttpStatusCode.ServiceUnavailable, 14, "ISSUER_UNAVAILABLE");
        // What cannot hold whatever the issuer says, and what needs no issuer.
        (await IssuerServer.RefusedAsync(server, "a.b.c")).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await IssuerServer.AskAsync(server, server.RootCredential)).AllWorkspaces.ShouldBeTrue();

        await issuer.StartAgainAsync();
        await Eventually.IsTrueAsync(async () => await IsAcceptedAsync(server, token), "the issuer is asked again");
    }

    [Fact]
    public async Task An_issuer_that_is_known_may_go_away()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, IssuerServer.SettingsFor(issuer));
        var token = await issuer.TokenAsync("somebody", "keys:read");
        (await IssuerServer.AskAsync(server, token)).CredentialId.ShouldBe("oidc:somebody");

        await issuer.StopAsync();

        (await IssuerServer.AskAsync(server, token)).CredentialId.ShouldBe("oidc:somebody");
        using var stranger = System.Security.Cryptography.RSA.Create(2048);
        var unknown = issuer.Sign(t => t.SigningCredentials = new(new Microsoft.IdentityModel.Tokens.RsaSecurityKey(stranger), "RS256"));
        (await IssuerServer.RefusedAsync(server, unknown)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await IssuerServer.AskAsync(server, token)).CredentialId.ShouldBe("oidc:somebody");
    }

    [Fact]
    public async Task The_first_token_under_a_new_key_of_the_issuer_holds_and_one_under_the_old_key_does_not()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, IssuerServer.SettingsFor(issuer));
        var old = await issuer.TokenAsync("somebody", "keys:read");
        (await IssuerServer.AskAsync(server, old)).Permissions.ShouldBe(["keys:read"]);

        await issuer.RotateKeysAsync();

        var token = await issuer.TokenAsync("somebody", "keys:write");
        (await IssuerServer.AskAsync(server, token)).Permissions.ShouldBe(["keys:write"]);
        (await IssuerServer.RefusedAsync(server, old)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task A_token_holds_until_its_expiry_at_each_call_anew()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, IssuerServer.SettingsFor(issuer));
        // The 30 s by which clocks may differ are over in a moment.
        var token = issuer.Sign(t => t.Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-22));
        (await IssuerServer.AskAsync(server, token)).CredentialId.ShouldBe("oidc:somebody");

        await Eventually.IsTrueAsync(async () => !await IsAcceptedAsync(server, token), "it expires");
        (await IssuerServer.RefusedAsync(server, token)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    private static async Task<bool> IsAcceptedAsync(TestServer server, string token)
    {
        try
        {
            await IssuerServer.AskAsync(server, token);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
