using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.KeysOfAnotherWorkspace;

/// <summary>Who guesses the id of another workspace's key learns nothing: not even that it exists.</summary>
public sealed class LookLikeNoneTests(SharedServer shared)
{
    private const string Unknown = "key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f";

    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("GetKey")]
    [InlineData("SetStatus")]
    [InlineData("SetStatus that changes nothing")]
    [InlineData("SetStatus with its etag")]
    [InlineData("RevealKey")]
    public async Task A_key_of_another_workspace_and_an_unknown_one_get_the_same_bytes(string rpc)
    {
        var theirs = await TestWorkspace.New(shared).CreateAsync();
        var credential = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id]);
        var caller = await _workspace.CallerAsync("keys:read", "keys:write", "keys:reveal", "keys:audit");

        var unknown = await FailAsync(rpc, Unknown, theirs.Key.Etag, caller);
        var others = await FailAsync(rpc, theirs.Key.KeyId, theirs.Key.Etag, caller);
        var ofSystem = await FailAsync(rpc, credential.Key.KeyId, theirs.Key.Etag, caller);

        unknown.ShouldBe(StatusCode.NotFound, "KEY_NOT_FOUND");
        foreach (var error in new[] { others, ofSystem })
        {
            (error.Code, error.Message).ShouldBe((unknown.Code, unknown.Message));
            error.Status.ShouldBe(unknown.Status);
        }

        (await new TestWorkspace(shared.Server, theirs.Key.WorkspaceId).AuditAsync()).ShouldHaveSingleItem();
        (await _workspace.ValidateAsync(theirs.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
        (await _workspace.AuditAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_non_recoverable_key_of_another_workspace_is_not_found_either()
    {
        var theirs = await TestWorkspace.New(shared).CreateAsync(request => request.NonRecoverable = true);

        var error = await FailAsync("RevealKey", theirs.Key.KeyId, "", _workspace.Root);

        error.ShouldBe(StatusCode.NotFound, "KEY_NOT_FOUND");
    }

    [Fact]
    public async Task The_audit_list_is_empty_for_both()
    {
        await _workspace.CreateAsync();
        var theirs = await TestWorkspace.New(shared).CreateAsync();

        (await _workspace.AuditAsync(theirs.Key.KeyId)).ShouldBeEmpty();
        (await _workspace.AuditAsync(Unknown)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_call_makes_no_workspace()
    {
        await FailAsync("SetStatus", Unknown, "", _workspace.Root);
        await FailAsync("RevealKey", Unknown, "", _workspace.Root);

        (await _workspace.Client.GetCallerAsync(new(), _workspace.Root)).Workspaces.ShouldNotContain(_workspace.Id);
    }

    private async Task<CallError> FailAsync(string rpc, string keyId, string etag, Metadata caller) => rpc switch
    {
        "GetKey" => await CallError.Of(_workspace.Client.GetKeyAsync(new() { WorkspaceId = _workspace.Id, KeyId = keyId }, caller)),
        "RevealKey" => await CallError.Of(_workspace.Client.RevealKeyAsync(new() { WorkspaceId = _workspace.Id, KeyId = keyId }, caller)),
        _ => await CallError.Of(_workspace.Client.SetStatusAsync(
            new()
            {
                WorkspaceId = _workspace.Id,
                KeyId = keyId,
                Status = rpc == "SetStatus that changes nothing" ? KeyStatus.Enabled : KeyStatus.Disabled,
                Etag = rpc == "SetStatus with its etag" ? etag : "",
            },
            caller)),
    };
}
