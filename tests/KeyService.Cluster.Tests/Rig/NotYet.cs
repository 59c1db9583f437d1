namespace KeyService.Cluster.Tests.Rig;

/// <summary>What the server cannot do yet, as the reason why a test is skipped. Null turns those tests on.</summary>
internal static class NotYet
{
    /// <summary>KeyService__TestHooks__RuleOff in a build with -p:TestHooks=true.</summary>
    public const string? RuleOff = null;

    /// <summary>KeyService__TestHooks__ClockOffset in a build with -p:TestHooks=true.</summary>
    public const string? ClockOffset = null;

    public const string? Recover = null;
}
