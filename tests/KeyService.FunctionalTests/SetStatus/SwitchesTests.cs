using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.SetStatus;

public sealed class SwitchesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task A_disabled_key_is_not_valid_at_the_very_next_call()
    {
        var created = await _workspace.CreateAsync();
        (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);

        for (var i = 0; i < 20; i++)
        {
            await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);
            (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Disabled);
            await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Enabled);
            (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
        }
    }

    [Fact]
    public async Task A_disabled_key_is_valid_for_no_call_that_begins_after_the_answer()
    {
        var created = await _workspace.CreateAsync();
        using var stop = new CancellationTokenSource();
        var traffic = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await _workspace.ValidateAsync(created.ApiKey);
        })).ToList();

        for (var i = 0; i < 25; i++)
        {
            await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _workspace.ValidateAsync(created.ApiKey)));
            answers.ShouldAllBe(answer => answer.Verdict == Verdict.Disabled);
            await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Enabled);
        }

        await stop.CancelAsync();
        await Task.WhenAll(traffic);
    }

    [Fact]
    public async Task Status_reason_times_and_etag_change_and_nothing_else()
    {
        var created = await _workspace.CreateAsync(request =>
        {
            request.Scopes.Add("a.b");
            request.Metadata.Add("team", "7");
        });

        var disabled = (await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "left the company")).Key;

        disabled.Status.ShouldBe(KeyStatus.Disabled);
        disabled.StatusReason.ShouldBe("left the company");
        disabled.UpdateTime.ShouldBeGreaterThan(created.Key.UpdateTime);
        disabled.Etag.ShouldNotBe(created.Key.Etag);
        var back = disabled.Clone();
        (back.Status, back.StatusReason, back.UpdateTime, back.Etag) = (KeyStatus.Enabled, "", created.Key.UpdateTime, created.Key.Etag);
        back.ShouldBe(created.Key);
    }

    [Fact]
    public async Task The_same_status_for_a_new_reason_keeps_the_new_reason_and_is_audited()
    {
        var created = await _workspace.CreateAsync();
        var first = (await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "lost")).Key;

        var again = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "stolen");
        again.Key.StatusReason.ShouldBe("stolen");
        again.Key.Etag.ShouldNotBe(first.Etag);
        again.Propagation.State.ShouldBe(PropagationState.Complete);
        again.Propagation.Revision.ShouldBeGreaterThan(0);
        (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Disabled);

        // A retry, with its reason or without one, changes nothing.
        foreach (var reason in (string[])["stolen", ""])
        {
            var retry = (await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, reason, etag: first.Etag)).Key;
            (retry.StatusReason, retry.Etag).ShouldBe(("stolen", again.Key.Etag));
        }

        // What would change something needs the newest etag.
        (await CallError.Of(_workspace.Client.SetStatusAsync(
            new() { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId, Status = KeyStatus.Disabled, Reason = "another", Etag = first.Etag }, _workspace.Root)))
            .ShouldBe(Grpc.Core.StatusCode.Aborted, "STALE_ETAG");
        var events = (await _workspace.AuditAsync(created.Key.KeyId)).Where(e => e.Action == "SetStatus").ToList();
        events.Select(e => (e.Before.StatusReason, e.After.StatusReason)).ShouldBe([("lost", "stolen"), ("", "lost")]);
    }

    [Fact]
    public async Task A_change_without_a_reason_clears_the_one_before()
    {
        var created = await _workspace.CreateAsync();
        await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "lost");

        var enabled = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Enabled);

        enabled.Key.StatusReason.ShouldBeEmpty();
    }

    [Fact]
    public async Task Calls_at_once_leave_what_the_last_one_audited()
    {
        var created = await _workspace.CreateAsync();
        var statuses = Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled);

        await Task.WhenAll(statuses.Select(status => _workspace.SetStatusAsync(created.Key.KeyId, status)));

        var events = await _workspace.AuditAsync(created.Key.KeyId);
        (await _workspace.GetAsync(created.Key.KeyId)).Status.ShouldBe(events[0].After.Status);
        foreach (var e in events.Where(e => e.Action == "SetStatus")) e.Before.Status.ShouldNotBe(e.After.Status);
    }
}
