namespace KeyService.Cluster.Tests.Rig;

/// <summary>What the server cannot do yet, as the reason why a test is skipped. Null turns those tests on.</summary>
internal static class NotYet
{
    /// <summary>KeyService__TestHooks__RuleOff in a build with -p:TestHooks=true.</summary>
    public const string? RuleOff = "the server has no switch yet that turns a rule of the protocol off";

    /// <summary>KeyService__TestHooks__ClockOffset in a build with -p:TestHooks=true.</summary>
    public const string? ClockOffset = "the server has no switch yet that sets its clock off";

    public const string? Recover = "the server has no command `recover` yet";
}
