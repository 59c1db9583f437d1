using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.GetCaller;

public sealed class SaysWhoIsCallingTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task The_root_credential_holds_everything_everywhere()
    {
        await _workspace.CreateAsync();

        var caller = await _workspace.Client.GetCallerAsync(new(), _workspace.Root);

        caller.CredentialId.ShouldStartWith("key_");
        caller.Permissions.ShouldBe(TestWorkspace.AllPermissions);
        caller.AllWorkspaces.ShouldBeTrue();
        caller.Workspaces.ShouldNotContain("system");
        caller.Workspaces.ShouldNotContain("*");
        caller.Workspaces.Count.ShouldBeLessThanOrEqualTo(1_000);
        if (caller.Workspaces.Count < 1_000) caller.Workspaces.ShouldContain(_workspace.Id);
    }

    [Fact]
    public async Task A_limited_credential_sees_what_was_granted_and_nothing_else()
    {
        await _workspace.CreateAsync();
        await TestWorkspace.New(shared).CreateAsync();
        var empty = SharedServer.NewWorkspace();
        var credential = await _workspace.CreateCredentialAsync(["keys:validate", "keys:read"], [_workspace.Id, empty]);

        var caller = await _workspace.Client.GetCallerAsync(new(), TestServer.As(credential.ApiKey));

        caller.CredentialId.ShouldBe(credential.Key.KeyId);
        caller.Permissions.ShouldBe(["keys:read", "keys:validate"]);
        caller.Workspaces.ShouldBe([_workspace.Id, empty], ignoreOrder: true);
        caller.AllWorkspaces.ShouldBeFalse();
    }

    [Fact]
    public async Task A_credential_without_any_permission_still_learns_who_it_is()
    {
        var credential = await _workspace.CreateCredentialAsync([], []);

        var caller = await _workspace.Client.GetCallerAsync(new(), TestServer.As(credential.ApiKey));

        caller.CredentialId.ShouldBe(credential.Key.KeyId);
        caller.Permissions.ShouldBeEmpty();
        caller.Workspaces.ShouldBeEmpty();
        caller.AllWorkspaces.ShouldBeFalse();
    }

    [Fact]
    public async Task Asked_for_a_workspace_it_tells_the_permissions_that_hold_there()
    {
        var credential = await _workspace.CreateCredentialAsync(["keys:read", "keys:admin"], [_workspace.Id]);

        (await AskAsync(credential.ApiKey, _workspace.Id)).Permissions.ShouldBe(["keys:read", "keys:admin"]);
        (await AskAsync(credential.ApiKey, SharedServer.NewWorkspace())).Permissions.ShouldBe(["keys:admin"]);
        (await AskAsync(credential.ApiKey, "system")).Permissions.ShouldBe(["keys:read", "keys:write", "keys:reveal", "keys:audit", "keys:admin"]);
        var elsewhere = await AskAsync(credential.ApiKey, SharedServer.NewWorkspace());
        (elsewhere.CredentialId, elsewhere.AllWorkspaces).ShouldBe((credential.Key.KeyId, false));
        elsewhere.Workspaces.ShouldBe([_workspace.Id]);
        (await AskAsync(shared.Server.RootCredential, SharedServer.NewWorkspace())).Permissions.ShouldBe(TestWorkspace.AllPermissions);
    }

    [Fact]
    public async Task A_workspace_that_is_none_is_an_invalid_field()
    {
        var error = await CallError.Of(_workspace.Client.GetCallerAsync(new() { WorkspaceId = "a b" }, _workspace.Root));

        error.ShouldBe(Grpc.Core.StatusCode.InvalidArgument, "INVALID_FIELD");
        error.Fields.ShouldBe(["workspace_id"]);
    }

    [Fact]
    public async Task Over_JSON_the_workspace_is_a_query_parameter()
    {
        var credential = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id]);

        (await JsonAnswer.Get(shared.Server, $"/v1/caller?workspaceId={_workspace.Id}", credential.ApiKey)).ShouldBeOk()
            .GetProperty("permissions").EnumerateArray().Select(name => name.GetString()).ShouldBe(["keys:read"]);
        (await JsonAnswer.Get(shared.Server, "/v1/caller?workspaceId=elsewhere", credential.ApiKey)).ShouldBeOk().GetProperty("permissions").GetArrayLength().ShouldBe(0);
        (await JsonAnswer.Get(shared.Server, "/v1/caller?workspaceId=a%20b")).ShouldBeInvalid("workspace_id");
        (await JsonAnswer.Get(shared.Server, "/v1/caller?workspaceId=a&workspaceId=b")).ShouldBeInvalid("workspace_id");
    }

    private async Task<Contracts.V1.GetCallerResponse> AskAsync(string credential, string workspaceId) =>
        await _workspace.Client.GetCallerAsync(new() { WorkspaceId = workspaceId }, TestServer.As(credential));
}
