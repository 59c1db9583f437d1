using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

public sealed class FirstCallTests
{
    /// <summary>The first look-up of a credential is the slowest: on a busy machine it takes longer than a validation may.</summary>
    [Fact]
    public async Task The_first_management_calls_are_not_held_to_the_budget_of_validation()
    {
        await using var store = new TestStore();
        await using var server = await ServerProcess.StartAsync(store, ("KeyService__ValidateBudget", "00:00:00.010"));

        var created = await server.CreateKeysAsync("first-calls", 32);

        created.Count.ShouldBe(32);
    }
}
