using System.Globalization;

namespace KeyService.Server.Hosting;

/// <summary>Finds files with secrets that other users of the machine may read or write.</summary>
internal static class SecretFileModes
{
    private const UnixFileMode OfOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode OfGroup = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>A line for each file.</summary>
    public static IEnumerable<string> Warnings(IConfiguration configuration, ServerOptions options)
    {
        if (OperatingSystem.IsWindows()) yield break;
        // Made by the service, with 0600: a group was given it by hand or by a copy.
        foreach (var path in (string[])[Path.Combine(options.DataDirectory, MasterKeyFiles.FileName), options.RootCredentialFile])
        {
            if (Warning(path, OfOthers | OfGroup) is { } warning) yield return warning;
        }

        // An orchestrator mounts secrets with modes of its own (0444, 0644), and nobody else is in a container.
        if (Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") == "true") yield break;
        var configured = configuration.GetSection(MasterKeyFiles.Section).GetChildren().Select(child => child["File"]).Append(Settings.Text(configuration, $"{Listeners.Certificate}:KeyPath"));
        foreach (var path in configured.Where(path => path is { Length: > 0 }))
        {
            if (Warning(path!, OfOthers) is { } warning) yield return warning;
        }
    }

    private static string? Warning(string path, UnixFileMode forbidden)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path)) return null;
        var mode = File.GetUnixFileMode(path);
        return (mode & forbidden) == UnixFileMode.None ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"warning: {path} is a secret, and other users of this machine can read or write it (mode 0{Convert.ToString((int)mode, 8).PadLeft(3, '0')}): set it to 0600.");
    }
}
