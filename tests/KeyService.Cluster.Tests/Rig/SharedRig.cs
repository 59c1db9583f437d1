using KeyService.Cluster.Tests.Rig;

[assembly: AssemblyFixture(typeof(SharedRig))]

namespace KeyService.Cluster.Tests.Rig;

/// <summary>
/// The cluster that one fault test after the other uses while the options stay the same: three servers take longer to start than most faults last.
/// There is at most one cluster at any time. A test that fails discards it.
/// </summary>
public sealed class SharedRig : IAsyncDisposable
{
    private static ClusterRig? current;
    private static ClusterOptions? currentOptions;

    /// <summary>The cluster with these options, healthy; kept until a test takes other options or fails (<see cref="DiscardAsync"/>).</summary>
    internal static async Task<ClusterRig> TakeAsync(ClusterOptions options)
    {
        if (current is null || options != currentOptions)
        {
            await ReleaseAsync();
            current = await ClusterRig.StartAsync(options);
            currentOptions = options;
        }

        current.BeginTest();
        return current;
    }

    /// <summary>A cluster of a test's own, which the test disposes.</summary>
    internal static async Task<ClusterRig> StartOwnAsync(ClusterOptions? options = null)
    {
        await ReleaseAsync();
        return await ClusterRig.StartAsync(options ?? new());
    }

    /// <summary>Ends the cluster after a failure, which is what the test reports.</summary>
    internal static async Task DiscardAsync()
    {
        try
        {
            await ReleaseAsync();
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or ShouldAssertException)
        {
            // What else went wrong follows from the failure.
            TestContext.Current.TestOutputHelper?.WriteLine(e.Message);
        }
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync();

    private static async Task ReleaseAsync()
    {
        var rig = current;
        current = null;
        if (rig is not null) await rig.DisposeAsync();
    }
}
