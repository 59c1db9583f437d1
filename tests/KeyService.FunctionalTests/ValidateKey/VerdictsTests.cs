using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKey;

public sealed class VerdictsTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task Valid_carries_everything()
    {
        var created = await _workspace.CreateAsync(request =>
        {
            request.Environment = KeyEnvironment.Test;
            request.Scopes.Add(["orders.*", "balance.read"]);
            request.Metadata.Add("team", "7");
            request.ExpireTime = TestWorkspace.In(TimeSpan.FromDays(1));
        });

        // The second answer may be one that was kept.
        for (var i = 0; i < 2; i++)
        {
            var answer = await _workspace.ValidateAsync(created.ApiKey);

            answer.Verdict.ShouldBe(Verdict.Valid);
            answer.KeyId.ShouldBe(created.Key.KeyId);
            answer.WorkspaceId.ShouldBe(_workspace.Id);
            answer.Name.ShouldBe("Trading bot");
            answer.Environment.ShouldBe(KeyEnvironment.Test);
            answer.Scopes.ShouldBe(["orders.*", "balance.read"]);
            answer.Metadata.ShouldBe(created.Key.Metadata);
            answer.ExpireTime.ShouldBe(created.Key.ExpireTime);
            answer.Revision.ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public async Task Every_no_carries_key_and_revision_alone()
    {
        var created = await _workspace.CreateAsync(request =>
        {
            request.Scopes.Add("a");
            request.AllowedAddresses.Add("10.0.0.0/8");
            request.Metadata.Add("team", "7");
        });
        var noScope = await _workspace.ValidateAsync(created.ApiKey, request => request.RequiredScopes.Add("b"));
        var noAddress = await _workspace.ValidateAsync(created.ApiKey);
        var changed = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "secret reason");
        var disabled = await _workspace.ValidateAsync(created.ApiKey);

        noScope.ShouldBe(new() { Verdict = Verdict.InsufficientScope, KeyId = created.Key.KeyId, Revision = noScope.Revision });
        noScope.Revision.ShouldBeGreaterThan(0);
        noAddress.ShouldBe(new() { Verdict = Verdict.AddressNotAllowed, KeyId = created.Key.KeyId, Revision = noScope.Revision });
        disabled.ShouldBe(new() { Verdict = Verdict.Disabled, KeyId = created.Key.KeyId, Revision = changed.Propagation.Revision });
    }

    [Fact]
    public async Task A_key_is_expired_from_its_expire_time_on()
    {
        var created = await _workspace.CreateAsync(request => request.ExpireTime = TestWorkspace.In(TimeSpan.FromSeconds(10)));
        (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);

        var expired = await Eventually.Get(
            () => _workspace.ValidateAsync(created.ApiKey), answer => answer.Verdict != Verdict.Valid, TimeSpan.FromSeconds(30));

        TestWorkspace.In(TimeSpan.Zero).ShouldBeGreaterThanOrEqualTo(created.Key.ExpireTime);
        expired.ShouldBe(new() { Verdict = Verdict.Expired, KeyId = created.Key.KeyId, Revision = expired.Revision });
    }

    [Fact]
    public async Task The_first_verdict_that_applies_is_told()
    {
        var created = await _workspace.CreateAsync(request =>
        {
            request.Scopes.Add("a");
            request.AllowedAddresses.Add("10.0.0.0/8");
            request.ExpireTime = TestWorkspace.In(TimeSpan.FromSeconds(10));
        });
        Task<ValidateKeyResponse> EverythingWrong(string workspaceId = "") => _workspace.ValidateAsync(created.ApiKey, request =>
        {
            request.WorkspaceId = workspaceId;
            request.RequiredScopes.Add("b");
            request.ClientAddress = "192.0.2.1";
        });

        (await EverythingWrong()).Verdict.ShouldBe(Verdict.InsufficientScope);
        await Eventually.Get(() => EverythingWrong(), answer => answer.Verdict == Verdict.Expired, TimeSpan.FromSeconds(30));
        await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);
        (await EverythingWrong()).Verdict.ShouldBe(Verdict.Disabled);
        (await EverythingWrong("elsewhere")).Verdict.ShouldBe(Verdict.NotFound);
    }

    [Fact]
    public async Task Being_asked_for_and_refused_is_no_use()
    {
        var refused = await _workspace.CreateAsync(request => request.AllowedAddresses.Add("10.0.0.0/8"));
        var used = await _workspace.CreateAsync();
        await _workspace.ValidateAsync(refused.ApiKey);
        await _workspace.ValidateAsync(used.ApiKey);

        await Eventually.Get(() => _workspace.GetAsync(used.Key.KeyId), key => key.LastUsedTime is not null, TimeSpan.FromSeconds(10));

        (await _workspace.GetAsync(refused.Key.KeyId)).LastUsedTime.ShouldBeNull();
    }

    [Fact]
    public async Task The_revision_grows_with_each_change()
    {
        var created = await _workspace.CreateAsync();
        var revisions = new List<long> { (await _workspace.ValidateAsync(created.ApiKey)).Revision };
        foreach (var status in new[] { KeyStatus.Disabled, KeyStatus.Enabled, KeyStatus.Disabled })
        {
            await _workspace.SetStatusAsync(created.Key.KeyId, status);
            revisions.Add((await _workspace.ValidateAsync(created.ApiKey)).Revision);
        }

        revisions.ShouldBeInOrder(SortDirection.Ascending);
        revisions.Distinct().Count().ShouldBe(4);
    }
}
