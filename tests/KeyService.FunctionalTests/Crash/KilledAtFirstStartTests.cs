using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Crash;

/// <summary>SIGKILL on the way of the first start (on SQL Server: of the first <c>migrate</c>): the next one succeeds.</summary>
public sealed class KilledAtFirstStartTests(ITestOutputHelper output)
{
    private const int Rounds = 12;
    private const int LongestMilliseconds = 1_500;

    [Fact]
    public async Task A_first_start_killed_at_any_moment_leaves_a_folder_that_starts()
    {
        var random = Seeded.New(output.WriteLine);
        for (var round = 0; round < Rounds; round++)
        {
            // One moment in each twelfth of the span.
            var moment = (round * LongestMilliseconds / Rounds) + random.Below(LongestMilliseconds / Rounds);
            await using var store = new TestStore { IsPrepared = false };
            var said = await LaunchAndKillAsync(store, moment);
            var masterKeyFile = Path.Combine(store.DataDirectory, "master-key");
            var masterKey = File.Exists(masterKeyFile) ? await File.ReadAllTextAsync(masterKeyFile) : null;
            output.WriteLine($"killed after {moment} ms with {Directory.GetFiles(store.DataDirectory).Length} files: {said}");
            if (said.Contains("Made a master key", StringComparison.Ordinal)) masterKey.ShouldNotBeNull();

            await using var server = await TestServer.StartInProcessAsync(store);

            var caller = await server.Client.GetCallerAsync(new(), server.Root);
            caller.AllWorkspaces.ShouldBeTrue();
            caller.Permissions.ShouldContain("keys:admin");
            SecretFile.ShouldBeTheOwnersOnly(store.RootCredentialFile);
            if (masterKey is not null) (await File.ReadAllTextAsync(masterKeyFile)).ShouldBe(masterKey);
            var system = await server.Client.ListKeysAsync(new() { WorkspaceId = "system" }, server.Root);
            system.Keys.ShouldHaveSingleItem().Name.ShouldBe("root");
            (await CommandRun.OfServerInProcessAsync("verify-audit", store)).ShouldEndWith(0);
        }
    }

    /// <summary>Returns what it had said by then.</summary>
    private static async Task<string> LaunchAndKillAsync(TestStore store, int milliseconds)
    {
        await using var process = TestServer.Launch(store.UsesSqlServer ? "migrate" : "serve", store);
        // Not to wait for anything: the moment is the fault.
        await DeliberateDelay.ForAsync(milliseconds, "the moment of the kill");
        await process.KillAsync();
        return string.Join(' ', process.Output);
    }
}
