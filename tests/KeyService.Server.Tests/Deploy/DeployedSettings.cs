using KeyService.Server.Hosting;

namespace KeyService.Server.Tests.Deploy;

/// <summary>What a deployment file sets, against what the server reads.</summary>
internal static class DeployedSettings
{
    /// <summary>The variables whose names, read as configuration paths, the server would ignore.</summary>
    public static IReadOnlyList<string> Unread(IEnumerable<string> variables) =>
        [.. variables.Where(name => !SettingNames.Matches(name.Replace("__", ":", StringComparison.Ordinal)))];
}
