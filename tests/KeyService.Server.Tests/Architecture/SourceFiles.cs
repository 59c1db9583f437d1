namespace KeyService.Server.Tests.Architecture;

/// <summary>The C# files that people write: no build output, no generated migrations.</summary>
internal static class SourceFiles
{
    private static readonly string[] Skipped = ["bin", "obj", "Migrations", "node_modules"];

    public static IReadOnlyList<string> Under(string folder)
    {
        var files = new List<string>();
        Collect(new DirectoryInfo(Path.Combine(Repository.Root, folder)), files);
        return files;
    }

    private static void Collect(DirectoryInfo folder, List<string> files)
    {
        files.AddRange(folder.EnumerateFiles("*.cs").Select(file => file.FullName));
        foreach (var inner in folder.EnumerateDirectories().Where(inner => !Skipped.Contains(inner.Name))) Collect(inner, files);
    }
}
