using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Architecture;

/// <summary>Holds the arrows between the server's folders ("may name types of"), read out of the assembly that was built.</summary>
public class FolderDependencyTests
{
    private static readonly string[] Everything =
        ["Grpc", "Validation", "Lookup", "Replication", "Issuance", "Lifecycle", "Usage", "Audit", "Canary", "Sessions", "Storage", "Observability", "Keys", FolderArrows.Contracts];

    /// <summary>As design and README draw them; a new arrow is a decision, not a line here.</summary>
    internal static IReadOnlyDictionary<string, string[]> Arrows { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Hosting"] = Everything,
        ["Grpc"] = ["Validation", "Issuance", "Lifecycle", "Audit", "Keys", "Observability", FolderArrows.Contracts],
        ["Validation"] = ["Lookup", "Usage", "Keys", "Observability"],
        ["Lookup"] = ["Replication", "Storage", "Keys", "Observability"],
        ["Issuance"] = ["Storage", "Audit", "Replication", "Keys", "Observability"],
        ["Lifecycle"] = ["Storage", "Audit", "Replication", "Keys", "Observability"],
        ["Canary"] = ["Issuance", "Lifecycle", "Replication", "Audit", "Storage", "Keys", "Observability", FolderArrows.Contracts],
        ["Audit"] = ["Storage", "Keys", "Observability"],
        ["Usage"] = ["Storage", "Keys", "Observability"],
        ["Replication"] = ["Storage", "Keys", "Observability"],
        ["Sessions"] = ["Storage", "Keys", "Observability"],
        ["Storage"] = ["Keys", "Observability"],
        ["Observability"] = [],
        ["Keys"] = [],
    };

    internal static FolderArrows Server { get; } = new(typeof(KeyRecord).Assembly.Location, "KeyService.Server");

    [Fact]
    public void No_folder_names_types_of_a_folder_that_its_arrows_do_not_reach() => Server.Forbidden(Arrows).ShouldBeEmpty();

    [Fact]
    public void Every_folder_has_its_arrows_and_every_arrow_its_folder()
    {
        Server.Folders().ShouldBe(Arrows.Keys, ignoreOrder: true);
        Directory.GetDirectories(Path.Combine(Repository.Root, "src", "KeyService.Server")).Select(Path.GetFileName)
            .Where(folder => folder is not ("bin" or "obj" or "Properties" or "data" or "TestHooks"))
            .ShouldBe(Arrows.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Every_source_file_stands_in_the_folder_that_its_namespace_names()
    {
        var server = Path.Combine(Repository.Root, "src", "KeyService.Server");
        var strangers = SourceFiles.Under("src/KeyService.Server")
            .Where(file => Path.GetDirectoryName(file) != server)
            .Where(file => !Names(file, Path.GetRelativePath(server, Path.GetDirectoryName(file)!)) && !TakesAnothersPlace(file))
            .ToList();

        strangers.ShouldBeEmpty();
    }
    private static bool Names(string file, string folder) => File.ReadLines(file).Any(
        line => line.TrimEnd(';') == "namespace KeyService.Server." + folder.Replace('/', '.').Replace('\\', '.'));

    /// <summary>With test hooks a file of theirs is built in the place of the one of the same name.</summary>
    private static bool TakesAnothersPlace(string file) =>
        Path.GetFileName(Path.GetDirectoryName(file)) == "TestHooks"
        && Arrows.Keys.Any(folder => Names(file, folder)
            && Path.Combine(Repository.Root, "src", "KeyService.Server", folder, Path.GetFileName(file)) is var other
            && File.Exists(other) && File.ReadLines(other).First() == "#if !TEST_HOOKS");
}
