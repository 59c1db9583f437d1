using System.Diagnostics;
using System.Globalization;

namespace KeyService.Benchmarks.Load;

/// <summary>Who runs where, as <c>taskset</c> names cores, and the commands that run there.</summary>
internal static class Cores
{
    public const string Server = "0";
    public const string Load = "1";

    // Asked before this process binds itself to one core.
    private static readonly int Present = Environment.ProcessorCount;

    public static int Count => Present;

    /// <summary>With the load where there is no third core: what is measured is the server's.</summary>
    public static string Redis => Present > 2 ? "2" : Load;

    public static void BindThisProcess()
    {
        if (Present < 2) throw new InvalidOperationException("One core is for the server and one for the load: there are not two.");
        if (OperatingSystem.IsLinux()) Process.GetCurrentProcess().ProcessorAffinity = (nint)1 << int.Parse(Load, CultureInfo.InvariantCulture);
    }

    public static bool HasCommand(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
}
