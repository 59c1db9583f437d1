namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>Where things are in the checkout.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The server as this configuration built it.</summary>
    public static string ServerAssembly { get; } = Path.Combine(
        Root, "src", "KeyService.Server", "bin", Configuration, "net10.0", "KeyService.Server.dll");

    /// <summary>The server with its test hooks, which never ships.</summary>
    public static string HooksAssembly
    {
        get
        {
            var path = Path.Combine(Root, "src", "KeyService.Server", "bin", "hooks", "Release", "net10.0", "KeyService.Server.dll");
            return File.Exists(path)
                ? path
                : throw new InvalidOperationException($"{path} is not there: dotnet build src/KeyService.Server -c Release -p:TestHooks=true");
        }
    }

    private static string Configuration =>
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KeyService.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("KeyService.sln is in no folder above the tests.");
    }
}
