using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ManyProcesses;

/// <summary>Several processes on one store, without Redis: the feed alone tells of changes. One of them may be that of the tests.</summary>
[TakesLong]
public sealed class ManyProcessesTests
{
    private static readonly (string, string)[] ShortLease = [("KeyService__Lease", "00:00:03"), ("KeyService__PropagationWait", "00:00:01")];

    [Fact]
    public async Task What_one_process_switches_off_no_other_accepts_once_it_is_complete()
    {
        await using var store = new TestStore();
        await using var first = await TestServer.StartInProcessAsync(store);
        await using var second = await TestServer.StartAsync(store);
        var workspace = new TestWorkspace(first, "many");
        var created = await workspace.CreateAsync();
        var elsewhere = workspace with { Server = second };

        for (var i = 0; i < 20; i++)
        {
            (await elsewhere.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);

            var off = await workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);

            off.Propagation.State.ShouldBe(PropagationState.Complete);
            off.Propagation.ReplicasConfirmed.ShouldBe(2);
            var refused = await elsewhere.ValidateAsync(created.ApiKey);
            (refused.Verdict, refused.Revision).ShouldBe((Verdict.Disabled, off.Propagation.Revision));
            (await workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Enabled)).Propagation.State.ShouldBe(PropagationState.Complete);
        }
    }

    [Fact]
    public async Task A_credential_that_one_process_switches_off_is_refused_by_the_other_though_its_connection_knows_it()
    {
        await using var store = new TestStore();
        await using var first = await TestServer.StartInProcessAsync(store);
        await using var second = await TestServer.StartAsync(store);
        var workspace = new TestWorkspace(first, "many");
        var created = await workspace.CreateAsync();
        var credential = await workspace.CreateCredentialAsync(["keys:validate"], [workspace.Id]);
        var caller = TestServer.As(credential.ApiKey);
        var elsewhere = workspace with { Server = second };
        for (var i = 0; i < 3; i++) (await elsewhere.ValidateAsync(created.ApiKey, caller: caller)).Verdict.ShouldBe(Verdict.Valid);

        var off = await (workspace with { Id = "system" }).SetStatusAsync(credential.Key.KeyId, KeyStatus.Disabled);

        off.Propagation.State.ShouldBe(PropagationState.Complete);
        (await CallError.Of(second.Client.ValidateKeyAsync(new() { ApiKey = created.ApiKey }, caller))).ShouldBe(Grpc.Core.StatusCode.Unauthenticated, "BAD_CREDENTIAL");
    }

    [Fact]
    public async Task A_process_that_was_killed_makes_changes_pending_until_its_lease_has_passed()
    {
        await using var store = new TestStore();
        await using var first = await TestServer.StartInProcessAsync(store, ShortLease);
        await using var second = await TestServer.StartAsync(store, ShortLease);
        var workspace = new TestWorkspace(first, "many");
        var created = await workspace.CreateAsync();
        (await (workspace with { Server = second }).ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
        await second.KillAsync();
        // It waits as long as the service is set to.
        SetStatusRequest request = new() { WorkspaceId = workspace.Id, KeyId = created.Key.KeyId, Status = KeyStatus.Disabled };

        var before = TimeProvider.System.GetUtcNow();
        var off = await first.Client.SetStatusAsync(request, first.Root);
        var after = TimeProvider.System.GetUtcNow();

        off.Propagation.State.ShouldBe(PropagationState.Pending);
        off.Propagation.ReplicasPending.ShouldBe(1);
        off.Propagation.ConsistencyToken.ShouldNotBeEmpty();
        // A lease and a second from when the change was made.
        off.Propagation.EffectiveTime.ToDateTimeOffset().ShouldBeInRange(before.AddSeconds(3.9), after.AddSeconds(4));
        // Asking again follows it up.
        await Eventually.IsTrueAsync(
            async () => (await first.Client.SetStatusAsync(request, first.Root)).Propagation.State == PropagationState.Complete, "the change is COMPLETE");
    }

    [Fact]
    public async Task A_process_that_stops_is_waited_for_no_longer()
    {
        await using var store = new TestStore();
        await using var first = await TestServer.StartInProcessAsync(store);
        await using (var second = await TestServer.StartAsync(store)) (await second.StopAsync()).ShouldBe(0);
        var workspace = new TestWorkspace(first, "many");
        var created = await workspace.CreateAsync();

        var off = await workspace.SetStatusAsync(created.Key.KeyId, KeyStatus.Disabled);

        (off.Propagation.State, off.Propagation.ReplicasConfirmed).ShouldBe((PropagationState.Complete, 1));
    }

    [Fact]
    public async Task A_reader_with_the_token_of_a_change_knows_that_change_whatever_the_change_waited_for()
    {
        await using var store = new TestStore();
        await using var first = await TestServer.StartInProcessAsync(store);
        await using var second = await TestServer.StartAsync(store);
        var workspace = new TestWorkspace(first, "many");
        var created = await workspace.CreateAsync();
        var elsewhere = workspace with { Server = second };
        for (var i = 0; i < 20; i++)
        {
            await elsewhere.ValidateAsync(created.ApiKey);
            var status = i % 2 == 0 ? KeyStatus.Disabled : KeyStatus.Enabled;
            var change = await first.Client.SetStatusAsync(
                new() { WorkspaceId = workspace.Id, KeyId = created.Key.KeyId, Status = status, PropagationWait = new() }, first.Root);

            var answer = await elsewhere.ValidateAsync(created.ApiKey, request => request.AtLeastAsFresh = change.Propagation.ConsistencyToken);

            answer.Revision.ShouldBe(change.Propagation.Revision);
        }
    }

    [Fact]
    public async Task Many_that_start_at_the_same_moment_on_an_empty_store_all_serve()
    {
        const int Starts = 4;
        await using var store = new TestStore();
        if (store.UsesSqlServer) (await CommandRun.OfServerAsync("migrate", store)).ShouldEndWith(0);
        var servers = Enumerable.Range(0, Starts).Select(_ => TestServer.Launch("serve", store)).ToList();
        foreach (var server in servers) await server.WhenReadyAsync();

        foreach (var server in servers) (await server.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
        foreach (var server in servers) await server.DisposeAsync();
    }

    [Fact]
    public async Task After_the_first_was_killed_the_next_start_succeeds()
    {
        await using var store = new TestStore();
        await using (var first = await TestServer.StartAsync(store)) await first.KillAsync();

        await using var next = await TestServer.StartInProcessAsync(store);

        (await next.Client.GetCallerAsync(new(), next.Root)).AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public async Task Migrate_runs_beside_a_process_that_serves()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using var first = await TestServer.StartInProcessAsync(store);

        (await CommandRun.OfServerAsync("migrate", store)).ShouldEndWith(0);

        (await first.Client.GetCallerAsync(new(), first.Root)).AllWorkspaces.ShouldBeTrue();
    }
}
