using System.Text.RegularExpressions;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

public sealed partial class ReplicationCommandTests
{
    [Fact]
    public async Task Recover_gives_the_store_another_epoch_and_needs_no_master_key()
    {
        await using var store = new TestStore();
        (await CommandRun.OfServerInProcessAsync("migrate", store)).ShouldEndWith(0);
        if (!store.UsesSqlServer) File.Delete(Path.Combine(store.DataDirectory, "master-key"));
        var before = await EpochAsync(store);
        before.Groups["renewed"].Value.ShouldBe("never renewed");
        before.Groups["replicas"].Value.ShouldBe("0");

        var run = await CommandRun.OfServerInProcessAsync("recover", store);

        run.ShouldEndWith(0);
        var after = await EpochAsync(store);
        after.Groups["epoch"].Value.ShouldNotBe(before.Groups["epoch"].Value);
        after.Groups["renewed"].Value.ShouldMatch("^renewed [0-9TZ:-]+$");
        run.Output.ShouldContain(after.Groups["epoch"].Value);
        run.Output.ShouldContain("before the processes serve again");
    }

    [Theory]
    [InlineData("recover")]
    [InlineData("replicas")]
    public async Task Where_there_is_no_store_none_is_made(string command)
    {
        await using var store = new TestStore(TestEngine.Embedded);

        (await Refusal.OfAsync(command, store)).ShouldContain("there is no store");

        File.Exists(Path.Combine(store.DataDirectory, "keyservice.db")).ShouldBeFalse();
    }

    private static async Task<Match> EpochAsync(TestStore store)
    {
        var run = await CommandRun.OfServerInProcessAsync("replicas", store);
        run.ShouldEndWith(0);
        var match = FirstLine().Match(run.OutputLines[0]);
        match.Success.ShouldBeTrue(run.Everything);
        return match;
    }

    [GeneratedRegex(@"^epoch (?<epoch>[0-9a-f]{32}) \((?<renewed>[^)]*)\), watermark [0-9]+, replicas (?<replicas>[0-9]+), at [0-9TZ:-]+$")]
    private static partial Regex FirstLine();
}
