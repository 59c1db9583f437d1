using Grpc.Core;
using KeyService.Testing.Cluster.Load;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>SIGTERM, one replica after the other, as an orchestrator rolls out a new version.</summary>
[Collection(SharedRig.AsShipped)]
public sealed class RollingRestartTests(ITestOutputHelper output) : FaultTest(output)
{
    [Fact]
    public Task Every_replica_restarted_in_turn_breaks_no_promise() => HoldsAsync(RestartAllAsync);

    [Fact]
    public async Task A_client_with_one_retry_finds_somebody_who_answers()
    {
        NeedsReplicas(2);
        await HoldsAsync(async run =>
        {
            var name = $"w-{Guid.NewGuid():N}";
            var recorded = new RecordedClient("retrying client", run.Rig, run.Log);
            var key = (await recorded.CreateAsync(0, name, "of the retrying client")).ShouldNotBeNull();
            var client = new RetryingClient(recorded, key);
            var isOver = false;
            var calling = Task.Run(() => client.RunAsync(() => Volatile.Read(ref isOver)));

            await RestartAllAsync(run);

            Volatile.Write(ref isOver, true);
            await calling;
            Print($"{client.Calls} calls with one retry, {client.Failed.Count} failed");
            // Its own word that the database does not answer, or a deadline: once, the machine may be that busy. Never a connection that nobody takes.
            client.Failed.Count.ShouldBeLessThanOrEqualTo(1);
            client.Failed.ShouldAllBe(call => call.Error == StatusCode.DeadlineExceeded || call.Reason.Length > 0);
        });
    }

    /// <summary>Each must end within 30 s and with exit code 0.</summary>
    private static async Task RestartAllAsync(FaultContext run)
    {
        foreach (var replica in run.Rig.All)
        {
            await run.SomeChangesAsync();
            using (run.Log.Fault("restarted", replica.Number)) await replica.RestartAsync();
        }

        await run.ManyChangesAsync();
    }
}
