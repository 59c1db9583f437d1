using System.Text.RegularExpressions;
using KeyService.Server.Keys;
using Mono.Cecil;

namespace KeyService.Server.Tests.Architecture;

public partial class LayoutTests
{
    private static readonly string[] RootFiles =
    [
        "KeyService.sln", "README.md", "Dockerfile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md",
        "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "BannedSymbols.txt",
        ".gitignore", ".gitattributes", ".dockerignore",
    ];

    private static readonly string[] RootFolders = ["protos", "src", "tests", "docs", "deploy", ".ci"];

    /// <summary>What .gitignore names, and git itself; in a second work tree .git is a file.</summary>
    private static readonly string[] NotOurs =
        [".git", "bin", "obj", "data", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts", ".vs", ".idea"];

    [Fact]
    public void The_root_holds_what_tools_need_there_and_nothing_else()
    {
        var root = new DirectoryInfo(Repository.Root);

        root.EnumerateFiles().Select(file => file.Name).Except(NotOurs).Where(name => !name.EndsWith(".user", StringComparison.Ordinal))
            .ShouldBe(RootFiles, ignoreOrder: true);
        root.EnumerateDirectories().Select(folder => folder.Name).Except(NotOurs).ShouldBe(RootFolders, ignoreOrder: true);
    }

    [Fact]
    public void Every_pinned_version_has_its_reason() =>
        WithoutReason(Repository.Read("Directory.Packages.props")).ShouldBeEmpty();

    [Fact]
    public void A_version_without_a_reason_is_found()
    {
        const string Props = """
              <ItemGroup>
                <!-- Why one. -->
                <PackageVersion Include="One.A" Version="1" />
                <PackageVersion Include="One.B" Version="1" />
                <PackageVersion Include="Two" Version="1" />
              </ItemGroup>
              <ItemGroup>
                <PackageVersion Include="One.C" Version="1" />
                <!-- Why these. -->
                <PackageVersion Include="Microsoft.X.A" Version="1" />
                <PackageVersion Include="Microsoft.Y.A" Version="1" />
              </ItemGroup>
            """;

        WithoutReason(Props).ShouldBe(["Two", "One.C", "Microsoft.Y.A"]);
    }

    [Fact]
    public void What_ships_has_no_test_hooks()
    {
        Hooks(typeof(KeyRecord).Assembly.Location).ShouldBeEmpty();
        // The test command publishes before it tests, with the image's own command.
        if (Environment.GetEnvironmentVariable("KEYSERVICE_PUBLISHED") is { Length: > 0 } published)
            Hooks(Path.Combine(published, "KeyService.Server.dll")).ShouldBeEmpty();
    }

    [Fact]
    public void Test_hooks_would_be_found() =>
        Hooks(typeof(LayoutTests).Assembly.Location).ShouldBe(
            [typeof(TestHooks.HookFixture).FullName!, nameof(HooksInField) + ".theTestHooksSwitch"], ignoreOrder: true);

    /// <summary>A comment is for the line below it, and for those that follow without a gap and are of the same family.</summary>
    private static List<string> WithoutReason(string props)
    {
        var found = new List<string>();
        var (explained, before) = ("", "");
        foreach (var line in props.Split('\n').Select(line => line.Trim()))
        {
            if (PackageVersion().Match(line) is { Success: true } match)
            {
                var name = match.Groups["name"].Value;
                if (before.EndsWith("-->", StringComparison.Ordinal)) explained = Family(name);
                if (explained != Family(name)) found.Add(name);
            }
            else if (!line.StartsWith("<!--", StringComparison.Ordinal) && !line.EndsWith("-->", StringComparison.Ordinal))
            {
                explained = "";
            }

            before = line;
        }

        return found;
    }

    private static string Family(string package) =>
        string.Join('.', package.Split('.').Take(package.StartsWith("Microsoft.", StringComparison.Ordinal) ? 2 : 1));

    private static List<string> Hooks(string assemblyPath)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(assemblyPath);
        return
        [
            .. assembly.MainModule.GetTypes().Where(type => type.FullName.Contains("TestHooks", StringComparison.OrdinalIgnoreCase)).Select(type => type.FullName),
            .. assembly.MainModule.GetTypes().SelectMany(type => type.Fields)
                .Where(field => field.Name.Contains("TestHooks", StringComparison.OrdinalIgnoreCase)).Select(field => $"{field.DeclaringType.Name}.{field.Name}"),
        ];
    }

    [GeneratedRegex("^<PackageVersion Include=\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex PackageVersion();
}

internal sealed class HooksInField
{
    internal static readonly bool theTestHooksSwitch = true;
}
