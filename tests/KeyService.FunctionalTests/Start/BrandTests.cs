using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

/// <summary>The brand is for new API keys: those made before it was changed hold as before, and so does the root credential.</summary>
public sealed class BrandTests
{
    private static readonly (string, string) Acme = ("KeyService__Brand", "acme");

    [Fact]
    public async Task Another_brand_changes_nothing_about_what_was_made_before()
    {
        await using var store = new TestStore();
        CreateKeyResponse before;
        await using (var server = await TestServer.StartInProcessAsync(store))
            before = await new TestWorkspace(server, "w").CreateAsync();

        await using var renamed = await TestServer.StartInProcessAsync(store, Acme);

        var workspace = new TestWorkspace(renamed, "w");
        (await renamed.Client.GetCallerAsync(new(), renamed.Root)).AllWorkspaces.ShouldBeTrue();
        (await workspace.ValidateAsync(before.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
        var after = await workspace.CreateAsync();
        after.ApiKey.ShouldStartWith("acme_live_");
        (await workspace.ValidateAsync(after.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
        (await renamed.Client.RevealKeyAsync(new() { WorkspaceId = "w", KeyId = before.Key.KeyId }, renamed.Root)).ApiKey.ShouldBe(before.ApiKey);
        (await CallError.Of(renamed.Client.ListKeysAsync(new() { WorkspaceId = "w", Query = before.ApiKey }, renamed.Root))).ShouldBeInvalid("query");

        var former = renamed.RootCredential;
        (await CommandRun.OfServerInProcessAsync("root-credential new", store, Acme)).ShouldEndWith(0);
        renamed.RootCredential.ShouldStartWith("acme_live_");
        (await renamed.Client.GetCallerAsync(new(), TestServer.As(former))).AllWorkspaces.ShouldBeTrue(
            "as the command says: the former one still holds");
        (await renamed.Client.GetCallerAsync(new(), renamed.Root)).AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public async Task A_credential_of_another_brand_can_be_installed()
    {
        await using var store = new TestStore();
        var made = await CommandRun.OfServerInProcessAsync("new-credential", store, Acme);
        await File.WriteAllTextAsync(store.RootCredentialFile, made.Output);

        await using var server = await TestServer.StartInProcessAsync(store);

        (await server.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
        (await new TestWorkspace(server, "w").CreateAsync()).ApiKey.ShouldStartWith("ks_live_");
    }
}
