using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

/// <summary>Where a credential's permissions hold can be read again, and one that could validate nothing is not made.</summary>
public sealed class ShowsPermittedWorkspacesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task They_are_in_every_answer_and_in_the_audit_trail()
    {
        var created = (await _workspace.CreateCredentialAsync(["keys:validate", "keys:read"], [_workspace.Id, "elsewhere"])).Key;
        created.PermittedWorkspaces.ShouldBe([_workspace.Id, "elsewhere"]);

        var system = new TestWorkspace(shared.Server, "system");
        (await system.GetAsync(created.KeyId)).PermittedWorkspaces.ShouldBe(created.PermittedWorkspaces);
        (await system.ListAsync(request => request.Query = created.Name)).ShouldHaveSingleItem().PermittedWorkspaces.ShouldBe(created.PermittedWorkspaces);
        (await system.SetStatusAsync(created.KeyId, KeyStatus.Disabled)).Key.PermittedWorkspaces.ShouldBe(created.PermittedWorkspaces);
        foreach (var entry in await system.AuditAsync(created.KeyId)) entry.After.PermittedWorkspaces.ShouldBe(created.PermittedWorkspaces);
        (await JsonAnswer.Get(shared.Server, $"/v1/workspaces/system/keys/{created.KeyId}")).ShouldBeOk()
            .GetProperty("key").GetProperty("permittedWorkspaces").EnumerateArray().Select(id => id.GetString()).ShouldBe(created.PermittedWorkspaces);
    }

    [Fact]
    public async Task The_root_credential_names_every_workspace() =>
        (await new TestWorkspace(shared.Server, "system").ListAsync(request => request.Query = "root")).Single(key => key.Name == "root").PermittedWorkspaces.ShouldBe(["*"]);

    [Theory]
    [InlineData("keys:validate")]
    [InlineData("keys:validate,keys:read")]
    [InlineData("keys:admin,keys:validate")]
    public async Task A_credential_that_validates_is_not_made_without_a_workspace(string permissions)
    {
        var request = new CreateKeyRequest { WorkspaceId = "system", Name = "n", Scopes = { permissions.Split(',') } };

        var error = await CallError.Of(_workspace.Client.CreateKeyAsync(request, _workspace.Root));

        error.ShouldBeInvalid("permitted_workspaces");
        error.Message.ShouldContain("keys:validate");
    }
}
