using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.SetStatus;

public sealed class RefusesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task A_stale_etag_stops_a_change()
    {
        var created = await _workspace.CreateAsync();
        await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);

        var error = await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId, Status = KeyStatus.Enabled, Etag = created.Key.Etag }, _workspace.Root));

        error.ShouldBe(StatusCode.Aborted, "STALE_ETAG");
        (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Disabled);
    }

    [Fact]
    public async Task The_right_etag_lets_a_change_through()
    {
        var created = await _workspace.CreateAsync();

        var changed = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, etag: created.Key.Etag);

        changed.Key.Status.ShouldBe(KeyStatus.Disabled);
    }

    [Fact]
    public async Task A_stale_etag_does_not_matter_when_nothing_would_change()
    {
        var created = await _workspace.CreateAsync();
        var changed = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, etag: created.Key.Etag);

        var again = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, etag: created.Key.Etag);

        again.Key.ShouldBe(changed.Key);
    }

    [Fact]
    public async Task Of_two_changes_with_one_etag_one_wins()
    {
        var created = await _workspace.CreateAsync();
        var off = (await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled)).Key;
        await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Enabled, etag: off.Etag);

        var error = await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId, Status = KeyStatus.Disabled, Etag = off.Etag }, _workspace.Root));

        error.ShouldBe(StatusCode.Aborted, "STALE_ETAG");
    }

    [Theory]
    [InlineData(KeyStatus.Unspecified)]
    [InlineData((KeyStatus)3)]
    [InlineData((KeyStatus)(-1))]
    public async Task A_status_that_is_none_is_refused(KeyStatus status)
    {
        var created = await _workspace.CreateAsync();

        var error = await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId, Status = status }, _workspace.Root));

        error.ShouldBeInvalid("status");
    }

    [Fact]
    public async Task All_violations_are_told_at_once()
    {
        var error = await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = "a b", KeyId = new('k', 65), Reason = new('r', 257), PropagationWait = new() { Seconds = -1 } }, _workspace.Root));

        error.ShouldBeInvalid("workspace_id", "key_id", "status", "reason", "propagation_wait");
    }

    [Fact]
    public async Task A_credential_that_holds_more_than_the_caller_is_not_switched_on()
    {
        var strong = await _workspace.CreateCredentialAsync(["keys:reveal"], ["*"]);
        var weak = TestServer.As((await _workspace.CreateCredentialAsync(["keys:admin"], [_workspace.Id])).ApiKey);
        await _workspace.Client.SetStatusAsync(
            new() { WorkspaceId = "system", KeyId = strong.Key.KeyId, Status = KeyStatus.Disabled }, weak);

        var error = await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = "system", KeyId = strong.Key.KeyId, Status = KeyStatus.Enabled }, weak));

        error.ShouldBe(StatusCode.PermissionDenied, "MISSING_PERMISSION");
        (await CallError.Of(_workspace.Client.GetCallerAsync(new(), TestServer.As(strong.ApiKey))))
            .ShouldBe(StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }
}
