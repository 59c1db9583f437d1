using Google.Protobuf.WellKnownTypes;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.SetStatus;

public sealed class ReportsPropagationTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task Complete_names_the_revision_that_validation_then_reports()
    {
        var created = await _workspace.CreateAsync();
        var before = (await _workspace.ValidateAsync(created.ApiKey)).Revision;
        var start = TestWorkspace.In(TimeSpan.FromSeconds(-1));

        var changed = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);
        var answer = await _workspace.ValidateAsync(created.ApiKey);

        changed.Propagation.State.ShouldBe(PropagationState.Complete);
        changed.Propagation.Revision.ShouldBeGreaterThan(before);
        changed.Propagation.Revision.ShouldBe(answer.Revision);
        changed.Propagation.ReplicasPending.ShouldBe(0);
        changed.Propagation.ReplicasConfirmed.ShouldBeGreaterThanOrEqualTo(1);
        changed.Propagation.EffectiveTime.ShouldBeGreaterThan(start);
        changed.Propagation.EffectiveTime.ShouldBeLessThan(TestWorkspace.In(TimeSpan.FromMinutes(11)));
    }

    [Fact]
    public async Task A_call_that_changes_nothing_reports_the_present_revision_and_is_not_audited()
    {
        var created = await _workspace.CreateAsync();
        var first = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "lost");

        var again = await _workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled, "lost");

        again.Key.ShouldBe(first.Key);
        again.Propagation.State.ShouldBe(PropagationState.Complete);
        again.Propagation.Revision.ShouldBe(first.Propagation.Revision);
        (await _workspace.AuditAsync()).Count(e => e.Action == "SetStatus").ShouldBe(1);
    }

    public static TheoryData<long, int> GoodWaits => new() { { 0, 0 }, { 0, 1 }, { 600, 0 } };

    [Theory]
    [MemberData(nameof(GoodWaits))]
    public async Task A_wait_of_0_to_10_minutes_is_taken(long seconds, int nanos)
    {
        var created = await _workspace.CreateAsync();

        var changed = await _workspace.Client.SetStatusAsync(Request(created.Key.KeyId, seconds, nanos), _workspace.Root);

        changed.Key.Status.ShouldBe(KeyStatus.Disabled);
        // Who waits for nothing may have to ask again.
        await Eventually.Get(
            async () => await _workspace.Client.SetStatusAsync(Request(created.Key.KeyId, seconds, nanos), _workspace.Root),
            answer => answer.Propagation.State == PropagationState.Complete,
            TimeSpan.FromSeconds(20));
    }

    public static TheoryData<long, int> BadWaits => new()
    {
        { -1, 0 }, { 0, -1 }, { 600, 1 }, { 601, 0 }, { long.MaxValue, 0 }, { long.MinValue, 0 }, { 1, 1_000_000_000 }, { 1, -1 },
    };

    [Theory]
    [MemberData(nameof(BadWaits))]
    public async Task Any_other_wait_is_refused(long seconds, int nanos)
    {
        var created = await _workspace.CreateAsync();

        var error = await CallError.Of(_workspace.Client.SetStatusAsync(Request(created.Key.KeyId, seconds, nanos), _workspace.Root));

        error.ShouldBeInvalid("propagation_wait");
        (await _workspace.GetAsync(created.Key.KeyId)).Status.ShouldBe(KeyStatus.Enabled);
    }

    private SetStatusRequest Request(string keyId, long seconds, int nanos) => new()
    {
        WorkspaceId = _workspace.Id, KeyId = keyId, Status = KeyStatus.Disabled, PropagationWait = new Duration { Seconds = seconds, Nanos = nanos },
    };
}
