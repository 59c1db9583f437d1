using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.RevealKey;

public sealed class RevealsTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task The_api_key_comes_back_and_that_is_audited()
    {
        var created = await _workspace.CreateAsync();
        var caller = await _workspace.CreateCredentialAsync(["keys:reveal"], [_workspace.Id]);

        var revealed = await RevealAsync(created.Key.KeyId, TestServer.As(caller.ApiKey));

        revealed.ApiKey.ShouldBe(created.ApiKey);
        var audited = (await _workspace.AuditAsync())[0];
        audited.Action.ShouldBe("RevealKey");
        audited.KeyId.ShouldBe(created.Key.KeyId);
        audited.Actor.ShouldBe(caller.Key.KeyId);
        audited.Before.ShouldBeNull();
        audited.After.ShouldBeNull();
        (await _workspace.GetAsync(created.Key.KeyId)).ShouldBe(created.Key);
    }

    [Fact]
    public async Task A_disabled_key_can_be_revealed()
    {
        var created = await _workspace.CreateAsync();
        await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);

        (await RevealAsync(created.Key.KeyId, _workspace.Root)).ApiKey.ShouldBe(created.ApiKey);
    }

    [Fact]
    public async Task A_non_recoverable_key_is_refused_and_named()
    {
        var created = await _workspace.CreateAsync(request => request.NonRecoverable = true);

        var error = await RevealFailsAsync(_workspace.Id, created.Key.KeyId);

        error.ShouldBe(StatusCode.FailedPrecondition, "NOT_RECOVERABLE");
        error.Precondition!.Violations.ShouldHaveSingleItem().Subject.ShouldBe(created.Key.KeyId);
        (await _workspace.AuditAsync()).ShouldHaveSingleItem().Action.ShouldBe("CreateKey");
    }

    [Fact]
    public async Task A_credential_is_never_revealed()
    {
        var credential = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id]);

        var error = await RevealFailsAsync("system", credential.Key.KeyId);

        credential.Key.Recoverable.ShouldBeFalse();
        error.ShouldBe(StatusCode.FailedPrecondition, "NOT_RECOVERABLE");
    }

    [Fact]
    public async Task The_root_credential_is_never_revealed()
    {
        var root = await _workspace.Client.GetCallerAsync(new(), _workspace.Root);

        (await RevealFailsAsync("system", root.CredentialId)).ShouldBe(StatusCode.FailedPrecondition, "NOT_RECOVERABLE");
    }

    private async Task<RevealKeyResponse> RevealAsync(string keyId, Metadata caller) =>
        await _workspace.Client.RevealKeyAsync(new() { WorkspaceId = _workspace.Id, KeyId = keyId }, caller);

    private Task<CallError> RevealFailsAsync(string workspaceId, string keyId) =>
        CallError.Of(_workspace.Client.RevealKeyAsync(new() { WorkspaceId = workspaceId, KeyId = keyId }, _workspace.Root));
}
