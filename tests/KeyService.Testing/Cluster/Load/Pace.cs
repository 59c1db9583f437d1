namespace KeyService.Testing.Cluster.Load;

/// <summary>How fast clients ask: the machine belongs to the replicas. Nothing is waited for here.</summary>
internal static class Pace
{
    private static readonly TimeSpan AfterAnAnswer = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan AfterAnError = TimeSpan.FromMilliseconds(50);

    public static Task Of(bool isOk) => DeliberateDelay.ForAsync(isOk ? AfterAnAnswer : AfterAnError, "the rate of a client");
}
