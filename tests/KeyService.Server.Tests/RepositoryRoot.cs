namespace KeyService.Server.Tests;

/// <summary>The folder with KeyService.sln, above the test assembly: where the files stand that only a test can check.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>The text of a file named from the root, with <c>/</c>.</summary>
    public static string Read(string file) => File.ReadAllText(System.IO.Path.Combine(Path, file));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "KeyService.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No KeyService.sln above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
