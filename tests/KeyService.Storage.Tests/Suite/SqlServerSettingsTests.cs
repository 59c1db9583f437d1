using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

/// <summary>What the promise rests on is checked at start: a database that is set otherwise is not served.</summary>
public sealed class SqlServerSettingsTests() : StoreTests(Engine.SqlServer)
{
    [Theory]
    [InlineData("READ_COMMITTED_SNAPSHOT OFF WITH ROLLBACK IMMEDIATE", "READ_COMMITTED_SNAPSHOT")]
    [InlineData("DELAYED_DURABILITY = FORCED", "DELAYED_DURABILITY")]
    [InlineData("COMPATIBILITY_LEVEL = 140", "compatibility level")]
    public async Task A_database_that_may_break_the_promise_is_refused_in_one_line(string setting, string told)
    {
        await Store.Engine.CheckSettingsAsync(CancellationToken.None);
        await Store.ExecuteAsync($"ALTER DATABASE CURRENT SET {setting}");

        var refusal = await Should.ThrowAsync<StartException>(() => Store.Engine.CheckSettingsAsync(CancellationToken.None));

        refusal.Message.ShouldContain(told);
        refusal.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Durability_that_a_transaction_may_choose_is_served()
    {
        await Store.ExecuteAsync("ALTER DATABASE CURRENT SET DELAYED_DURABILITY = ALLOWED");

        await Store.Engine.CheckSettingsAsync(CancellationToken.None);
    }
}
