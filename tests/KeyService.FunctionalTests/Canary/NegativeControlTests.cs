using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Canary;

/// <summary>With a rule of the protocol switched off the canary must find a violation: a zero that cannot be anything else proves nothing.</summary>
public sealed class NegativeControlTests
{
    [Theory]
    [InlineData("WaitAll")]
    [InlineData("Floor")]
    public async Task With_a_rule_off_it_finds_answers_from_an_older_record(string rule)
    {
        await using var store = new TestStore { ServerAssembly = Repository.HooksAssembly };
        (string, string) off = ("KeyService__TestHooks__RuleOff", rule);
        await using var first = await CanaryServers.StartAsync(store, off);
        await using var second = await CanaryServers.StartAsync(store, off);
        TestServer[] all = [first, second];
        foreach (var server in all) server.ExpectedErrors.Add("VIOLATION: replica ");

        await Eventually.IsTrueAsync(async () => await CanaryServers.SumAsync(all, server => server.ViolationsAsync()) > 0, "a violation is counted", seconds: 180);

        all.SelectMany(server => server.Output).ShouldContain(line => line.Contains("VIOLATION: replica ", StringComparison.Ordinal));
    }
}
