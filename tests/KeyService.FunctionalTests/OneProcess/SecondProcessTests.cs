using KeyService.FunctionalTests.Infrastructure;
using KeyService.FunctionalTests.Start;

namespace KeyService.FunctionalTests.OneProcess;

public sealed class SecondProcessTests
{
    [Fact]
    public async Task A_second_process_on_the_same_store_is_refused_and_the_first_goes_on()
    {
        await using var store = new TestStore();
        await using var first = await ServerProcess.StartAsync(store);

        var line = await Refusal.OfStartAsync(store);

        line.ShouldContain("another process");
        var created = await first.CreateKeysAsync("one-process", 1);
        (await first.ValidateAllAsync(created)).Values.ShouldBe([Contracts.V1.Verdict.Valid]);
    }

    [Fact]
    public async Task Migrate_of_the_embedded_store_is_refused_while_it_is_served()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using var first = await ServerProcess.StartAsync(store);

        (await Refusal.OfAsync("migrate", store)).ShouldContain("another process");
    }

    [Fact]
    public async Task After_the_first_was_killed_the_next_start_succeeds()
    {
        await using var store = new TestStore();
        await using (var first = await ServerProcess.StartAsync(store)) await first.KillAsync();

        await using var next = await ServerProcess.StartAsync(store);

        (await next.Client.GetCallerAsync(new(), next.Root)).AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public async Task Of_many_that_start_at_the_same_moment_one_serves()
    {
        const int Starts = 4;
        await using var store = new TestStore();
        if (store.UsesSqlServer) (await CommandRun.OfServerAsync("migrate", store)).ShouldEndWith(0);
        var servers = Enumerable.Range(0, Starts).Select(_ => ServerProcess.Launch("serve", store)).ToList();

        var outcomes = await Task.WhenAll(servers.Select(async server =>
        {
            try
            {
                await server.WhenReadyAsync();
                return server;
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }));

        var serving = outcomes.OfType<ServerProcess>().ToList().ShouldHaveSingleItem();
        (await serving.Client.GetCallerAsync(new(), serving.Root)).AllWorkspaces.ShouldBeTrue();
        foreach (var server in servers) await server.DisposeAsync();
    }
}
