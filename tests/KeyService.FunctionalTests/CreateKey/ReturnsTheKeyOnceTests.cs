using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

public sealed class ReturnsTheKeyOnceTests(SharedServer shared)
{
    [Fact]
    public async Task A_created_key_is_valid_at_once()
    {
        var server = shared.Server;
        var workspace = SharedServer.NewWorkspace();

        var created = await server.Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = "Trading bot" }, server.Root);
        var answer = await server.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, server.Root);

        answer.Verdict.ShouldBe(Verdict.Valid);
        answer.KeyId.ShouldBe(created.Key.KeyId);
    }
}
