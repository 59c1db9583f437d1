using System.Text.RegularExpressions;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Readme;

public sealed partial class WalkTests
{
    private const string FirstLine = "URL=http://127.0.0.1:8080";

    [Theory]
    [InlineData("bash")]
    [InlineData("dash")]
    public async Task The_walk_of_the_README_runs_as_it_stands(string shell)
    {
        Assert.SkipUnless(shell == "bash" || File.Exists("/bin/dash") || File.Exists("/usr/bin/dash"), "dash is not installed.");
        await using var store = new TestStore(TestEngine.Defaults);
        // A busy machine may be slower than the 2 s that it waits by itself.
        await using var server = await TestServer.StartAsync(store, ("KeyService__PropagationWait", "00:00:30"));
        var walk = Walk();
        walk.ShouldStartWith(FirstLine + "\n");
        walk = $"URL={server.HttpAddress.GetLeftPart(UriPartial.Authority)}{walk[FirstLine.Length..]}";

        var run = await CommandRun.OfAsync(
            new(shell) { ArgumentList = { "-eu" }, WorkingDirectory = store.Folder, UseShellExecute = false }, walk);

        run.ShouldEndWith(0);
        run.Error.ShouldBeEmpty();
        Outcome().Matches(run.Output).Select(match => match.Value).ShouldBe(
            ["VERDICT_VALID", "PROPAGATION_STATE_COMPLETE", "VERDICT_DISABLED"], run.Everything);
        SecretFile.ShouldBeTheOwnersOnly(Path.Combine(store.DataDirectory, "headers"));
    }

    [Fact]
    public async Task Started_with_nothing_set_it_says_where_everything_is_and_no_secret()
    {
        await using var store = new TestStore(TestEngine.Defaults);
        await using var server = await TestServer.StartAsync(store);
        await Eventually.IsTrueAsync(() => server.Output.Any(line => line.Contains("Root credential", StringComparison.Ordinal)), "the last line is there");

        var output = string.Join('\n', server.Output);
        output.ShouldContain(server.HttpAddress.GetLeftPart(UriPartial.Authority));
        output.ShouldContain(server.GrpcAddress.GetLeftPart(UriPartial.Authority));
        output.ShouldContain(store.DataDirectory);
        output.ShouldContain(store.RootCredentialFile);
        var masterKeyFile = Path.Combine(store.DataDirectory, "master-key");
        output.ShouldContain(masterKeyFile);
        output.ShouldNotContain(server.RootCredential);
        output.ShouldNotContain((await File.ReadAllTextAsync(masterKeyFile)).Trim());
        SecretFile.ShouldBeTheOwnersOnly(masterKeyFile);
        SecretFile.ShouldBeTheOwnersOnly(store.RootCredentialFile);
    }

    /// <summary>The bash blocks between the marks, one after the other.</summary>
    private static string Walk()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var begin = readme.IndexOf("<!-- walk:begin -->", StringComparison.Ordinal);
        var end = readme.IndexOf("<!-- walk:end -->", StringComparison.Ordinal);
        begin.ShouldBeGreaterThan(0);
        end.ShouldBeGreaterThan(begin);
        return string.Concat(BashBlock().Matches(readme[begin..end]).Select(match => match.Groups["code"].Value));
    }

    [GeneratedRegex("^```bash\n(?<code>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex BashBlock();

    [GeneratedRegex("VERDICT_[A-Z_]+|PROPAGATION_STATE_[A-Z_]+")]
    private static partial Regex Outcome();
}
