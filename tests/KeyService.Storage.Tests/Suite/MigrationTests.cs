using KeyService.Server.Hosting;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace KeyService.Storage.Tests.Suite;

public abstract class MigrationTests(Engine engine) : StoreTests(engine)
{
    protected override bool Migrated => false;

    [Fact]
    public async Task A_database_that_does_not_exist_is_made_and_migrated_and_a_second_time_changes_nothing()
    {
        var start = Store.Get<StoreStart>();

        (await start.MigrateAsync(CancellationToken.None)).ShouldBeTrue();
        await start.CheckAsync(CancellationToken.None);
        var applied = await AppliedAsync();
        applied.ShouldNotBeEmpty();

        (await start.MigrateAsync(CancellationToken.None)).ShouldBeFalse();
        await start.CheckAsync(CancellationToken.None);
        (await AppliedAsync()).ShouldBe(applied);
        (await CountKeysAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_schema_that_is_not_migrated_is_not_served()
    {
        var start = Store.Get<StoreStart>();
        (await Should.ThrowAsync<StartException>(() => start.CheckAsync(CancellationToken.None))).Message.ShouldContain("keyservice migrate");

        await start.MigrateAsync(CancellationToken.None);
        await Store.ExecuteAsync("DELETE FROM __EFMigrationsHistory");

        (await Should.ThrowAsync<StartException>(() => start.CheckAsync(CancellationToken.None))).Message.ShouldContain("keyservice migrate");
    }

    [Fact]
    public async Task What_is_in_the_database_outlives_the_next_migration()
    {
        await Store.Engine.MigrateAsync(CancellationToken.None);
        var issued = await CreateAsync(Request());

        await Store.Engine.MigrateAsync(CancellationToken.None);

        (await GetAsync(issued.Key)).Name.ShouldBe("a key");
    }

    [Fact]
    public async Task A_database_of_the_version_before_keeps_what_it_has()
    {
        await using (var context = Store.ContextWith())
            await context.GetService<IMigrator>().MigrateAsync(context.Database.GetMigrations().ElementAt(^2));
        var issued = await CreateAsync(Request());

        await Store.Engine.MigrateAsync(CancellationToken.None);

        (await GetAsync(issued.Key)).Name.ShouldBe("a key");
        (await AppliedAsync()).Count.ShouldBe((await Store.WithContextAsync(context => Task.FromResult(context.Database.GetMigrations()))).Count());
    }

    private Task<List<string>> AppliedAsync() =>
        Store.WithContextAsync(async context => (await context.Database.GetAppliedMigrationsAsync()).ToList());
}

public sealed class MigrationTestsOnSqlite() : MigrationTests(Engine.Sqlite);

public sealed class MigrationTestsOnSqlServer() : MigrationTests(Engine.SqlServer);
