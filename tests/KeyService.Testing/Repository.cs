namespace KeyService.Testing;

/// <summary>Where things are in the checkout.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The text of a file named from the root, with <c>/</c>.</summary>
    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>The server as this configuration built it.</summary>
    public static string BuiltAssembly { get; } = Path.Combine(
        Root, "src", "KeyService.Server", "bin", Configuration, "net10.0", "KeyService.Server.dll");

    /// <summary>
    /// The server under test: <c>KEYSERVICE_TEST_SERVER</c>, which <c>tests/run</c> compiles ahead of time; else
    /// <see cref="BuiltAssembly"/>.
    /// </summary>
    public static string ServerAssembly { get; } =
        Environment.GetEnvironmentVariable("KEYSERVICE_TEST_SERVER") is { Length: > 0 } path ? path : BuiltAssembly;

    /// <summary>
    /// The server with its test hooks, which never ships: <c>KEYSERVICE_TEST_SERVER_HOOKS</c>, else the build with
    /// <c>-p:TestHooks=true</c>.
    /// </summary>
    public static string HooksAssembly
    {
        get
        {
            if (Environment.GetEnvironmentVariable("KEYSERVICE_TEST_SERVER_HOOKS") is { Length: > 0 } compiled) return compiled;
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
