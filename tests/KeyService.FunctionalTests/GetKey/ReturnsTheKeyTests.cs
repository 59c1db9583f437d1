using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.GetKey;

public sealed class ReturnsTheKeyTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task A_key_is_read_as_it_was_created()
    {
        var created = await _workspace.CreateAsync();

        (await _workspace.GetAsync(created.Key.KeyId)).ShouldBe(created.Key);
    }

    [Fact]
    public async Task A_change_is_read_at_once()
    {
        var created = await _workspace.CreateAsync();

        var changed = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "lost");

        (await _workspace.GetAsync(created.Key.KeyId)).ShouldBe(changed.Key);
    }

    [Fact]
    public async Task The_api_key_is_no_part_of_it()
    {
        var created = await _workspace.CreateAsync();

        (await _workspace.GetAsync(created.Key.KeyId)).ToString().ShouldNotContain(created.ApiKey[8..40]);
    }

    [Theory]
    [InlineData("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f")]
    [InlineData("nothing-like-an-id")]
    [InlineData("KEY_0197C0D4A3B07C5E9D1F2A3B4C5D6E7F")]
    public async Task An_unknown_id_is_not_found(string keyId)
    {
        var error = await CallError.Of(_workspace.Client.GetKeyAsync(new() { WorkspaceId = _workspace.Id, KeyId = keyId }, _workspace.Root));

        error.ShouldBe(StatusCode.NotFound, "KEY_NOT_FOUND");
    }

    [Fact]
    public async Task An_id_in_other_case_is_another_id()
    {
        var created = await _workspace.CreateAsync();

        var error = await CallError.Of(_workspace.Client.GetKeyAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId.ToUpperInvariant() }, _workspace.Root));

        error.ShouldBe(StatusCode.NotFound, "KEY_NOT_FOUND");
    }

    [Theory]
    [InlineData("", "", "workspace_id", "key_id")]
    [InlineData("a/b", "a b", "workspace_id", "key_id")]
    public async Task What_cannot_be_an_id_is_refused_all_at_once(string workspaceId, string keyId, params string[] fields)
    {
        var error = await CallError.Of(_workspace.Client.GetKeyAsync(new() { WorkspaceId = workspaceId, KeyId = keyId }, _workspace.Root));

        error.ShouldBeInvalid(fields);
    }
}
