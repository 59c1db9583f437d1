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

        var caller = await _workspace.Client.GetCallerAsync(new(), ServerProcess.As(credential.ApiKey));

        caller.CredentialId.ShouldBe(credential.Key.KeyId);
        caller.Permissions.ShouldBe(["keys:read", "keys:validate"]);
        caller.Workspaces.ShouldBe([_workspace.Id, empty], ignoreOrder: true);
        caller.AllWorkspaces.ShouldBeFalse();
    }

    [Fact]
    public async Task A_credential_without_any_permission_still_learns_who_it_is()
    {
        var credential = await _workspace.CreateCredentialAsync([], []);

        var caller = await _workspace.Client.GetCallerAsync(new(), ServerProcess.As(credential.ApiKey));

        caller.CredentialId.ShouldBe(credential.Key.KeyId);
        caller.Permissions.ShouldBeEmpty();
        caller.Workspaces.ShouldBeEmpty();
        caller.AllWorkspaces.ShouldBeFalse();
    }
}
