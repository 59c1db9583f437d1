using KeyService.Testing.Cluster.Load;
using KeyService.Testing.Cluster.Rig;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>I6.</summary>
public sealed class SecretsTests(ITestOutputHelper output) : FaultTest(output)
{
    private const int Changes = 100;

    [Fact]
    public async Task No_API_key_nor_a_piece_of_one_is_in_files_Redis_logs_or_metrics()
    {
        await using var rig = await SharedRig.StartOwnAsync(new()
        {
            Settings = [("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace"), ("Logging__LogLevel__Grpc", "Trace")],
        });
        var load = new ClusterLoad(rig, new(), NewRandom());
        await load.CreateKeysAsync();
        // At this level of logging nothing is quick: what was answered is not looked at.
        await load.RunAsync(Changes, _ => Task.CompletedTask);

        var scan = new SecretScan(load.Keys);
        await scan.SearchAsync(rig);

        Print($"{scan.Bytes} bytes searched for {load.Keys.Count} API keys");
    }
}
