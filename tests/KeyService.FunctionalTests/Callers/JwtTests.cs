using System.Net;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Callers;

/// <summary>What a JWT of the configured issuer may do, and as whom.</summary>
public sealed class JwtTests(IssuerServer issuing) : IClassFixture<IssuerServer>
{
    private readonly TestWorkspace _workspace = issuing.NewWorkspace();

    [Fact]
    public async Task A_permission_without_a_workspace_holds_in_every_workspace_but_system()
    {
        var caller = await issuing.CallerAsync("everywhere", "keys:read", "keys:write");

        foreach (var workspace in new[] { _workspace, issuing.NewWorkspace() })
            await workspace.Client.CreateKeyAsync(workspace.KeyRequest(), caller);
        (await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = "system" }, caller))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        var who = await _workspace.Client.GetCallerAsync(new(), caller);
        who.CredentialId.ShouldBe("oidc:everywhere");
        who.AllWorkspaces.ShouldBeTrue();
        who.Workspaces.ShouldContain(_workspace.Id);
        who.Permissions.ShouldBe(["keys:read", "keys:write"]);
    }

    [Fact]
    public async Task A_permission_of_a_workspace_holds_there_alone()
    {
        var other = issuing.NewWorkspace();
        var caller = await issuing.CallerAsync("in-two", $"keys:read@{_workspace.Id}", $"keys:write@{_workspace.Id}", $"keys:read@{other.Id}");

        await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(), caller);
        await other.Client.ListKeysAsync(new() { WorkspaceId = other.Id }, caller);
        (await other.CreateFailsAsync(_ => { }, caller)).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        (await issuing.NewWorkspace().CreateFailsAsync(_ => { }, caller)).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        var who = await _workspace.Client.GetCallerAsync(new(), caller);
        who.AllWorkspaces.ShouldBeFalse();
        who.Workspaces.ShouldBe([_workspace.Id, other.Id], ignoreOrder: true);
        who.Permissions.ShouldBe(["keys:read", "keys:write"]);
        (await _workspace.Client.GetCallerAsync(new() { WorkspaceId = other.Id }, caller)).Permissions.ShouldBe(["keys:read"]);
    }

    [Fact]
    public async Task What_is_no_permission_grants_nothing_and_a_token_without_any_still_says_who_is_calling()
    {
        var token = await issuing.Issuer.TokenAsync(
            "nobody", "keys:everything", "KEYS:READ", "keys:read@", "keys:read@*", "keys:read@a b", "@", "keys:read@system", $"keys:admin@{_workspace.Id}");

        (await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id }, TestServer.As(token))))
            .ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        (await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = "system" }, TestServer.As(token))))
            .ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        (await IssuerServer.AskAsync(issuing.Server, token)).ShouldBe(new() { CredentialId = "oidc:nobody" });
    }

    [Fact]
    public async Task Keys_admin_manages_system_and_grants_no_more_than_it_holds()
    {
        var admin = await issuing.CallerAsync("admin", "keys:admin", $"keys:read@{_workspace.Id}");
        var request = new CreateKeyRequest { WorkspaceId = "system", Name = "made by a person", Scopes = { "keys:read" }, PermittedWorkspaces = { _workspace.Id } };

        (await _workspace.Client.CreateKeyAsync(request, admin)).Key.CreatedBy.ShouldBe("oidc:admin");
        request.PermittedWorkspaces.Add(issuing.NewWorkspace().Id);
        (await CallError.Of(_workspace.Client.CreateKeyAsync(request, admin))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        (await CallError.Of(_workspace.Client.ListKeysAsync(new() { WorkspaceId = issuing.NewWorkspace().Id }, admin))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
    }

    [Fact]
    public async Task ValidateKey_takes_a_JWT_and_sees_its_workspaces_alone()
    {
        var key = await _workspace.CreateAsync();
        var elsewhere = await issuing.NewWorkspace().CreateAsync();
        var here = await issuing.CallerAsync("validator", $"keys:validate@{_workspace.Id}", "keys:read");

        for (var i = 0; i < 2; i++)
        {
            (await _workspace.ValidateAsync(key.ApiKey, caller: here)).Verdict.ShouldBe(Verdict.Valid);
            (await _workspace.ValidateAsync(elsewhere.ApiKey, caller: here)).ShouldBe(new() { Verdict = Verdict.NotFound });
        }

        var batch = await _workspace.Client.ValidateKeysAsync(
            new() { Requests = { new ValidateKeyRequest { ApiKey = key.ApiKey }, new ValidateKeyRequest { ApiKey = elsewhere.ApiKey } } }, here);
        batch.Responses.Select(answer => answer.Verdict).ShouldBe([Verdict.Valid, Verdict.NotFound]);
        var reader = await issuing.CallerAsync("reader", "keys:read");
        (await CallError.Of(_workspace.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, reader))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
    }

    [Fact]
    public async Task The_audit_trail_names_the_subject_and_whom_a_portal_names()
    {
        var caller = await issuing.CallerAsync("auth0|12:34", "keys:write");
        caller.Add("x-keyservice-actor", "somebody");

        var created = await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(request => request.RequestId = "r1"), caller);

        created.Key.CreatedBy.ShouldBe("oidc:auth0|12:34");
        var entry = (await _workspace.AuditAsync()).ShouldHaveSingleItem();
        (entry.Actor, entry.OnBehalfOf).ShouldBe(("oidc:auth0|12:34", "somebody"));
        // A request id counts per caller.
        var again = await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(request => request.RequestId = "r1"), caller);
        again.Key.KeyId.ShouldBe(created.Key.KeyId);
        var another = await _workspace.Client.CreateKeyAsync(
            _workspace.KeyRequest(request => request.RequestId = "r1"), await issuing.CallerAsync("another", "keys:write"));
        another.Key.KeyId.ShouldNotBe(created.Key.KeyId);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("Jürgen")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task A_subject_that_does_not_fit_is_told_by_its_hash(string subject)
    {
        var caller = await issuing.CallerAsync(subject, "keys:write");

        var created = await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(), caller);

        created.Key.CreatedBy.ShouldStartWith("oidc:");
        created.Key.CreatedBy.Length.ShouldBe(5 + 43);
        (await _workspace.AuditAsync()).ShouldHaveSingleItem().Actor.ShouldBe(created.Key.CreatedBy);
    }

    [Fact]
    public async Task The_same_holds_over_JSON()
    {
        var token = await issuing.Issuer.TokenAsync("json", $"keys:read@{_workspace.Id}", $"keys:write@{_workspace.Id}");

        var key = (await JsonAnswer.Post(issuing.Server, $"/v1/workspaces/{_workspace.Id}/keys", """{"name": "n"}""", token)).ShouldBeOk();
        key.GetProperty("key").GetProperty("createdBy").GetString().ShouldBe("oidc:json");
        (await JsonAnswer.Get(issuing.Server, $"/v1/workspaces/{issuing.NewWorkspace().Id}/keys", token)).ShouldBeError(HttpStatusCode.Forbidden, 7, "MISSING_PERMISSION");
        (await JsonAnswer.Post(issuing.Server, "/v1/keys:validate", """{"apiKey": "x"}""", token)).ShouldBeError(HttpStatusCode.Forbidden, 7, "MISSING_PERMISSION");
        var who = (await JsonAnswer.Get(issuing.Server, $"/v1/caller?workspaceId={issuing.NewWorkspace().Id}", token)).ShouldBeOk();
        who.GetProperty("credentialId").GetString().ShouldBe("oidc:json");
        who.GetProperty("permissions").GetArrayLength().ShouldBe(0);
        (await JsonAnswer.Get(issuing.Server, "/v1/caller", token + "x")).ShouldBeError(HttpStatusCode.Unauthorized, 16, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task The_tokens_of_the_code_flow_do_and_say_what_the_person_may_by_then()
    {
        issuing.Issuer.Set(new("coder", $"keys:read@{_workspace.Id}"));
        var tokens = await issuing.Issuer.SignInAsync("coder");

        (await IssuerServer.AskAsync(issuing.Server, tokens.AccessToken, _workspace.Id)).Permissions.ShouldBe(["keys:read"]);
        issuing.Issuer.Set(new("coder", $"keys:write@{_workspace.Id}"));
        var next = await issuing.Issuer.RefreshAsync(tokens.RefreshToken);
        (await IssuerServer.AskAsync(issuing.Server, next.AccessToken, _workspace.Id)).Permissions.ShouldBe(["keys:write"]);
        (await IssuerServer.RefusedAsync(issuing.Server, tokens.IdToken)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
        (await IssuerServer.RefusedAsync(issuing.Server, tokens.RefreshToken)).ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }
}
