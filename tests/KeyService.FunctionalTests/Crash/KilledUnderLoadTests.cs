using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Crash;

/// <summary>SIGKILL at random moments: what was acknowledged is there, and nothing is there twice.</summary>
[TakesLong]
public sealed class KilledUnderLoadTests(ITestOutputHelper output)
{
    private const int Kills = 6;
    private const int Clients = 8;

    /// <summary>Else each change would wait for the process that was killed.</summary>
    private static readonly (string, string) NoWait = ("KeyService__PropagationWait", "00:00:00");

    [Fact]
    public async Task Whatever_was_acknowledged_outlives_a_kill_at_any_moment()
    {
        var random = Seeded.New(output.WriteLine);
        await using var store = new TestStore();
        var clients = Enumerable.Range(0, Clients).Select(_ => new CreateAndSwitchLoad(random.Split())).ToList();
        var server = await TestServer.StartAsync(store, NoWait);
        try
        {
            for (var kill = 1; kill <= Kills; kill++)
            {
                await KillUnderLoadAsync(server, clients, random);
                await server.DisposeAsync();
                server = await TestServer.StartAsync(store, NoWait);

                foreach (var client in clients) await CheckAsync(server, client);
                (await CommandRun.OfServerInProcessAsync("verify-audit", store)).ShouldEndWith(0);
                output.WriteLine(
                    $"kill {kill}: {clients.Sum(c => c.Keys.Count)} keys, {clients.Sum(c => c.Keys.Sum(k => k.Changes))} changes so far");
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task KillUnderLoadAsync(TestServer server, List<CreateAndSwitchLoad> clients, Seeded random)
    {
        var moment = random.Below(250) + 1;
        var lag = random.Below(15);
        var answers = 0;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calling = clients.ConvertAll(client => Task.Run(() => client.RunAsync(
            server,
            () =>
            {
                if (Interlocked.Increment(ref answers) == moment) reached.SetResult();
            })));

        // Not to wait for anything: the kill is to fall between the answers, too.
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await DeliberateDelay.ForAsync(lag, "the moment of the kill");
        await server.KillAsync();
        await Task.WhenAll(calling).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task CheckAsync(TestServer server, CreateAndSwitchLoad client)
    {
        var root = server.Root;
        var events = await EventsAsync(server, client.Workspace);
        await Parallel.ForEachAsync(client.Keys, async (key, _) =>
        {
            if (key.Answer is { } answer)
            {
                var found = await server.Client.ValidateKeyAsync(new() { ApiKey = answer.ApiKey }, root, KeyBatch.Deadline);
                found.KeyId.ShouldBe(answer.Key.KeyId);
                var now = found.Verdict switch
                {
                    Verdict.Valid => KeyStatus.Enabled,
                    Verdict.Disabled => KeyStatus.Disabled,
                    _ => throw new ShouldAssertException($"{answer.Key.KeyId} is {found.Verdict}"),
                };
                if (!key.InDoubt) now.ShouldBe(key.Status, $"the acknowledged status of {answer.Key.KeyId}");

                var own = events[answer.Key.KeyId].ToList();
                own.Count(e => e.Action == "CreateKey").ShouldBe(1);
                var changes = own.Where(e => e.Action == "SetStatus").OrderBy(e => e.Sequence).ToList();
                changes.Count.ShouldBe(key.Changes + (now == key.Status ? 0 : 1), $"changes in the trail of {answer.Key.KeyId}");
                if (changes.Count > 0) changes[^1].After.Status.ShouldBe(now);

                if (now != key.Status) key.Changes++;
                (key.Status, key.InDoubt) = (now, false);
            }

            // Answered or not: asked again it is one key, and the same one each time.
            var again = await server.Client.CreateKeyAsync(key.Request, root);
            var andAgain = await server.Client.CreateKeyAsync(key.Request, root);
            key.Answer ??= again;
            again.Key.KeyId.ShouldBe(key.Answer.Key.KeyId);
            again.ApiKey.ShouldBe(key.Answer.ApiKey);
            andAgain.ApiKey.ShouldBe(key.Answer.ApiKey);
        });
        (await KeyIdsAsync(server, client.Workspace)).ShouldBe(client.Keys.Select(key => key.Answer!.Key.KeyId), ignoreOrder: true);
    }

    private static async Task<ILookup<string, AuditEvent>> EventsAsync(TestServer server, string workspace)
    {
        var events = new List<AuditEvent>();
        var request = new ListAuditEventsRequest { WorkspaceId = workspace, PageSize = 500 };
        do
        {
            var page = await server.Client.ListAuditEventsAsync(request, server.Root);
            events.AddRange(page.Events);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return events.ToLookup(e => e.KeyId);
    }

    private static async Task<List<string>> KeyIdsAsync(TestServer server, string workspace)
    {
        var ids = new List<string>();
        var request = new ListKeysRequest { WorkspaceId = workspace, PageSize = 500 };
        do
        {
            var page = await server.Client.ListKeysAsync(request, server.Root);
            ids.AddRange(page.Keys.Select(key => key.KeyId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return ids;
    }
}
