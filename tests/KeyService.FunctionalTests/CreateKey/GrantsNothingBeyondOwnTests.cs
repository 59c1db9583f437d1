using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

/// <summary>Keys of workspace system are credentials: who makes one hands on what he holds, and no more.</summary>
public sealed class GrantsNothingBeyondOwnTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("keys:reveal")]
    [InlineData("keys:audit")]
    public async Task A_permission_that_is_not_held_is_not_granted(string permission)
    {
        var own = await AdminAsync(["keys:admin", "keys:read"], [_workspace.Id]);

        await ShouldNotGrantAsync(own, ["keys:read", permission], [_workspace.Id]);
    }

    [Fact]
    public async Task A_workspace_that_is_not_held_is_not_granted()
    {
        var own = await AdminAsync(["keys:admin", "keys:read"], [_workspace.Id]);

        await ShouldNotGrantAsync(own, ["keys:read"], [_workspace.Id, SharedServer.NewWorkspace()]);
    }

    [Fact]
    public async Task All_workspaces_are_granted_only_by_who_holds_them_all()
    {
        var own = await AdminAsync(["keys:admin", "keys:read"], [_workspace.Id]);

        await ShouldNotGrantAsync(own, ["keys:read"], ["*"]);
    }

    [Fact]
    public async Task Workspace_system_is_closed_to_who_lacks_keys_admin_even_with_every_workspace()
    {
        var own = await AdminAsync(["keys:read", "keys:write", "keys:reveal", "keys:audit", "keys:validate"], ["*"]);

        await ShouldNotGrantAsync(own, ["keys:read"], [_workspace.Id]);
        await ShouldNotGrantAsync(own, ["keys:admin"], [_workspace.Id]);
    }

    [Fact]
    public async Task Keys_admin_alone_lets_no_one_write_in_another_workspace()
    {
        var own = await AdminAsync(["keys:admin"], ["*"]);

        var error = await _workspace.CreateFailsAsync(_ => { }, own);

        error.ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_held_may_be_granted_on()
    {
        var own = await AdminAsync(["keys:admin", "keys:read"], [_workspace.Id]);

        var granted = await _workspace.Client.CreateKeyAsync(Credential(["keys:read"], [_workspace.Id]), own);

        var caller = await _workspace.Client.GetCallerAsync(new(), TestServer.As(granted.ApiKey));
        caller.CredentialId.ShouldBe(granted.Key.KeyId);
        caller.Permissions.ShouldBe(["keys:read"]);
        caller.Workspaces.ShouldBe([_workspace.Id]);
        granted.Key.Recoverable.ShouldBeFalse();
    }

    [Theory]
    [InlineData("orders.read")]
    [InlineData("keys:*")]
    [InlineData("keys.*")]
    [InlineData("keys:delete")]
    public async Task A_scope_of_a_credential_is_a_permission_by_its_name(string scope)
    {
        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(Credential(["keys:read", scope], [_workspace.Id]), _workspace.Root));

        error.ShouldBeInvalid("scopes[1]");
    }

    [Theory]
    [InlineData("system")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("w*")]
    public async Task A_permitted_workspace_is_an_id_other_than_system_or_a_star(string workspace)
    {
        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(Credential(["keys:read"], [_workspace.Id, workspace]), _workspace.Root));

        error.ShouldBeInvalid("permitted_workspaces[1]");
    }

    [Fact]
    public async Task More_than_64_permitted_workspaces_are_refused()
    {
        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(
            Credential(["keys:read"], Enumerable.Range(0, 65).Select(i => $"w{i}")), _workspace.Root));

        error.ShouldBeInvalid("permitted_workspaces");
    }

    private static CreateKeyRequest Credential(IEnumerable<string> permissions, IEnumerable<string> workspaces)
    {
        var request = new CreateKeyRequest { WorkspaceId = "system", Name = $"grant-{Guid.NewGuid():N}" };
        request.Scopes.Add(permissions);
        request.PermittedWorkspaces.Add(workspaces);
        return request;
    }

    private async Task<Metadata> AdminAsync(string[] permissions, string[] workspaces) =>
        TestServer.As((await _workspace.CreateCredentialAsync(permissions, workspaces)).ApiKey);

    private async Task ShouldNotGrantAsync(Metadata own, string[] permissions, string[] workspaces)
    {
        var wanted = Credential(permissions, workspaces);

        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(wanted, own));

        error.ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        var stored = await _workspace.Client.ListKeysAsync(new() { WorkspaceId = "system", Query = wanted.Name }, _workspace.Root);
        stored.Keys.ShouldBeEmpty();
    }
}
