using System.Diagnostics;
using System.Globalization;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>How long validations take beside a flood of other calls: printed, never asserted, on demand. <c>tests/KeyService.Benchmarks/README.md</c> has results.</summary>
public sealed class FloodFiguresTests(ITestOutputHelper output)
{
    private const int Keys = 100_000;
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(8);

    [Fact(Explicit = true)]
    public async Task Validations_beside_a_flood()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using var server = await ServerProcess.StartAsync(store);
        var workspace = SharedServer.NewWorkspace();
        var key = (await server.CreateKeysAsync(workspace, 1)).Single();
        await KeyCopies.CopyKeyAsync(store.DataDirectory, key.Key.KeyId, Keys);

        await MeasureAsync("warm-up", server, key, null);
        await MeasureAsync("alone", server, key, null);
        await MeasureAsync("beside 64 scans", server, key, () => Flood.OfScans(server, workspace));
        await MeasureAsync("alone", server, key, null);
        await MeasureAsync("beside 64 with unknown keys", server, key, () => Flood.OfUnknownKeys(server));
        await MeasureAsync("beside 1000 with unknown keys", server, key, () => Flood.OfUnknownKeys(server, 1_000));
    }

    private async Task MeasureAsync(string what, ServerProcess server, CreateKeyResponse key, Func<Flood>? start)
    {
        var flood = start?.Invoke();
        var (validations, validationsFailed) = (new List<double>(), 0);
        var (gets, getsFailed) = (new List<double>(), 0);
        var root = server.Root;
        var began = Stopwatch.GetTimestamp();
        async Task<int> RepeatAsync(List<double> times, Func<Task> call)
        {
            var failed = 0;
            while (Stopwatch.GetElapsedTime(began) < Slice)
            {
                var sent = Stopwatch.GetTimestamp();
                try
                {
                    await call();
                    times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                }
                catch (Grpc.Core.RpcException)
                {
                    failed++;
                }

                await DeliberateDelay.ForAsync(2, "the rate of a client");
            }

            return failed;
        }

        var validating = RepeatAsync(validations, async () => await server.Client.ValidateKeyAsync(new() { ApiKey = key.ApiKey }, root));
        var getting = RepeatAsync(gets, async () => await server.Client.GetKeyAsync(new() { WorkspaceId = key.Key.WorkspaceId, KeyId = key.Key.KeyId }, root));
        (validationsFailed, getsFailed) = (await validating, await getting);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: flood {flood?.Answers ?? 0} answered, {flood?.Refusals ?? 0} failed"));
        Tell("ValidateKey", validations, validationsFailed);
        Tell("GetKey", gets, getsFailed);
        if (flood is not null) await flood.DisposeAsync();
    }

    private void Tell(string rpc, List<double> times, int failed)
    {
        times.Sort();
        if (times.Count == 0) times.Add(double.NaN);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {rpc}: {times.Count} answered, {failed} failed; ms: median {times[times.Count / 2]:0.00}, p99 {times[times.Count * 99 / 100]:0.00}, longest {times[^1]:0.00}"));
    }
}
