using KeyService.Cluster.Tests;
using KeyService.Testing.Cluster.Rig;

[assembly: AssemblyFixture(typeof(SharedRig))]

namespace KeyService.Cluster.Tests;

/// <summary>
/// The cluster that one fault test after the other uses while the options stay the same: three servers take longer to start than most
/// faults last. There is at most one cluster at any time. A test that fails discards it.
/// </summary>
public sealed class SharedRig : IAsyncDisposable
{
    /// <summary>
    /// Collection of the classes whose tests take the cluster without options. They follow one another, so that it is seldom started; the
    /// runner chooses the order of other classes.
    /// </summary>
    internal const string AsShipped = "The cluster without options";

    private static ClusterRig? current;
    private static ClusterOptions? currentOptions;
    private static string lastTest = "";

    /// <summary>The cluster with these options; kept until a test takes other options or fails (<see cref="DiscardAsync"/>).</summary>
    /// <param name="options">Without a folder of the test's own: the cluster outlives the test.</param>
    /// <exception cref="InvalidOperationException">After the end of the test before, a replica logged an error or did not stop.</exception>
    internal static async Task<ClusterRig> TakeAsync(ClusterOptions options)
    {
        if (options.StoreFolder is not null)
            throw new ArgumentException("A cluster in a folder of a test's own is not shared.", nameof(options));
        if (current is not null && options == currentOptions) Check(current);
        else
        {
            await ReleaseAsync();
            current = await ClusterRig.StartAsync(options with { IsLongLived = !options.NeedsHooks });
            currentOptions = options;
        }

        lastTest = TestContext.Current.Test?.TestDisplayName ?? "";
        return current;
    }

    /// <summary>A cluster of a test's own, which the test disposes.</summary>
    internal static async Task<ClusterRig> StartOwnAsync(ClusterOptions? options = null)
    {
        await ReleaseAsync();
        return await ClusterRig.StartAsync(options);
    }

    /// <summary>Ends the cluster after a failure, which is what the test reports.</summary>
    internal static async Task DiscardAsync()
    {
        try
        {
            await ReleaseAsync();
        }
        catch (Exception e)
        {
            // Whatever else fails follows from the failure.
            TestContext.Current.TestOutputHelper?.WriteLine(e.Message);
        }
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync();

    private static void Check(ClusterRig rig)
    {
        try
        {
            rig.ShouldHaveLoggedNoErrors();
        }
        catch (InvalidOperationException e)
        {
            throw AfterLastTest(e);
        }
    }

    private static async Task ReleaseAsync()
    {
        var rig = current;
        current = null;
        if (rig is null) return;
        try
        {
            await rig.DisposeAsync();
        }
        catch (Exception e)
        {
            throw AfterLastTest(e);
        }
    }

    private static InvalidOperationException AfterLastTest(Exception e) => new($"The cluster after {lastTest}: {e.Message}", e);
}
