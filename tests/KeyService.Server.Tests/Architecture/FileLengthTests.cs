namespace KeyService.Server.Tests.Architecture;

/// <summary>One whole idea a file: 40 to 120 lines is comfortable, above 200 is questioned, above 400 is none.</summary>
public class FileLengthTests
{
    private const int Questioned = 200;
    private const int Most = 400;

    /// <summary>Files above 200 lines, each with the reason why it is still one idea.</summary>
    private static readonly Dictionary<string, string> Answered = new(StringComparer.Ordinal)
    {
        ["tests/KeyService.Storage.Tests/TSql/RecordingServer.cs"] = "one fake ADO.NET provider: its members are the interface's, and none does more than answer",
        ["tests/KeyService.Storage.Tests/TSql/SentCommandTests.cs"] = "each service's commands beside each other, against one recorded server",
        ["tests/KeyService.Simulation.Tests/Simulated/World.cs"] = "the table of all that may happen, and each happening in a few lines",
    };

    private static readonly List<(string Name, int Lines)> Files =
    [
        .. SourceFiles.Under("src").Concat(SourceFiles.Under("tests")).Select(
            file => (Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File.ReadLines(file).Count())),
    ];

    [Fact]
    public void No_file_has_more_than_400_lines() => Files.Where(file => file.Lines > Most).ShouldBeEmpty();

    [Fact]
    public void A_file_above_200_lines_has_a_reason() =>
        Files.Where(file => file.Lines > Questioned && !Answered.ContainsKey(file.Name)).ShouldBeEmpty();

    [Fact]
    public void No_reason_is_left_for_a_file_that_became_short() =>
        Answered.Keys.Where(name => !Files.Exists(file => file.Name == name && file.Lines > Questioned)).ShouldBeEmpty();

    [Fact]
    public void Program_stays_under_40_lines() =>
        Files.Where(file => file.Name.EndsWith("/Program.cs", StringComparison.Ordinal) && file.Name.StartsWith("src/", StringComparison.Ordinal))
            .ShouldHaveSingleItem().Lines.ShouldBeLessThan(40);

    [Fact]
    public void The_count_sees_server_and_tests()
    {
        Files.ShouldContain(file => file.Name == "src/KeyService.Server/Keys/KeyRecord.cs" && file.Lines > 10);
        Files.ShouldContain(file => file.Name == "tests/KeyService.Testing/Repository.cs");
        Files.ShouldNotContain(file => file.Name.Contains("/obj/", StringComparison.Ordinal));
    }
}
