using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Callers;

public sealed class PermissionsTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    public static TheoryData<string, string> Table => new()
    {
        { "CreateKey", "keys:write" },
        { "ListKeys", "keys:read" },
        { "GetKey", "keys:read" },
        { "SetStatus", "keys:write" },
        { "RevealKey", "keys:reveal" },
        { "ListAuditEvents", "keys:audit" },
        { "ValidateKey", "keys:validate" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task All_permissions_but_the_needed_one_are_not_enough(string rpc, string permission)
    {
        var key = await _workspace.CreateAsync();
        var caller = await _workspace.CallerAsync([.. TestWorkspace.AllPermissions.Where(p => p != permission)]);

        (await CallError.Of(Call(rpc, _workspace.Id, key, caller))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");

        (await _workspace.ListAsync()).ShouldHaveSingleItem().ShouldBe(key.Key);
        (await _workspace.AuditAsync()).ShouldHaveSingleItem();
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task The_needed_permission_alone_is_enough(string rpc, string permission)
    {
        var key = await _workspace.CreateAsync();
        var caller = await _workspace.CallerAsync(permission);

        await Call(rpc, _workspace.Id, key, caller);
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_permission_for_another_workspace_is_not_enough(string rpc, string permission)
    {
        var elsewhere = TestWorkspace.New(shared);
        var key = await elsewhere.CreateAsync();
        var caller = await _workspace.CallerAsync(permission);

        if (rpc == "ValidateKey")
        {
            var answer = await _workspace.ValidateAsync(key.ApiKey, caller: caller);
            answer.ShouldBe(new() { Verdict = Verdict.NotFound });
            return;
        }

        (await CallError.Of(Call(rpc, elsewhere.Id, key, caller))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
    }

    [Theory]
    [InlineData("CreateKey")]
    [InlineData("ListKeys")]
    [InlineData("GetKey")]
    [InlineData("SetStatus")]
    [InlineData("ListAuditEvents")]
    public async Task Workspace_system_is_managed_with_keys_admin_alone(string rpc)
    {
        var credential = await _workspace.CreateCredentialAsync([], []);
        var everything = TestServer.As(
            (await _workspace.CreateCredentialAsync(TestWorkspace.AllPermissions.Where(p => p != "keys:admin"), ["*"])).ApiKey);
        var admin = TestServer.As((await _workspace.CreateCredentialAsync(["keys:admin"], [])).ApiKey);

        (await CallError.Of(Call(rpc, "system", credential, everything))).ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        await Call(rpc, "system", credential, admin);
    }

    [Fact]
    public async Task A_permission_that_is_missing_is_told_before_whether_the_key_exists()
    {
        var caller = await _workspace.CallerAsync("keys:audit");

        var error = await CallError.Of(_workspace.Client.GetKeyAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = "key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f" }, caller));

        error.ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
    }

    private AsyncUnaryCall<object> Call(string rpc, string workspaceId, CreateKeyResponse key, Metadata caller)
    {
        var client = _workspace.Client;
        var keyId = key.Key.KeyId;
        return rpc switch
        {
            "CreateKey" => Untyped(client.CreateKeyAsync(new() { WorkspaceId = workspaceId, Name = "n" }, caller)),
            "ListKeys" => Untyped(client.ListKeysAsync(new() { WorkspaceId = workspaceId }, caller)),
            "GetKey" => Untyped(client.GetKeyAsync(new() { WorkspaceId = workspaceId, KeyId = keyId }, caller)),
            "SetStatus" => Untyped(client.SetStatusAsync(new() { WorkspaceId = workspaceId, KeyId = keyId, Status = KeyStatus.Disabled }, caller)),
            "RevealKey" => Untyped(client.RevealKeyAsync(new() { WorkspaceId = workspaceId, KeyId = keyId }, caller)),
            "ListAuditEvents" => Untyped(client.ListAuditEventsAsync(new() { WorkspaceId = workspaceId }, caller)),
            "ValidateKey" => Untyped(client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, caller)),
            _ => throw new ArgumentOutOfRangeException(nameof(rpc)),
        };
    }

    private static AsyncUnaryCall<object> Untyped<T>(AsyncUnaryCall<T> call)
        where T : class => new(
            Box(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

    private static async Task<object> Box<T>(Task<T> task)
        where T : class => await task;
}
