using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

public sealed class SqliteSettingsTests() : StoreTests(Engine.Sqlite)
{
    [Fact]
    public async Task Every_opened_connection_waits_for_locks_and_writes_to_the_disk()
    {
        // Side by side, so that each is a connection of its own; then again from the pool.
        for (var round = 0; round < 2; round++)
        {
            var contexts = Enumerable.Range(0, 4).SelectMany(_ => new[] { Store.Engine.CreateContext(), Store.Engine.CreateLookupContext() }).ToList();
            foreach (var context in contexts) await context.Database.OpenConnectionAsync();
            foreach (var context in contexts)
            {
                (await PragmaAsync(context, "busy_timeout")).ShouldBe("2000");
                (await PragmaAsync(context, "synchronous")).ShouldBe("2", "FULL");
                (await PragmaAsync(context, "journal_mode")).ShouldBe("wal");
            }

            foreach (var context in contexts) await context.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_connection_opened_synchronously_has_the_same_settings()
    {
        await using var context = Store.Engine.CreateContext();
        context.Database.OpenConnection();

        (await PragmaAsync(context, "busy_timeout")).ShouldBe("2000");
        (await PragmaAsync(context, "synchronous")).ShouldBe("2");
    }

    [Fact]
    public async Task A_lock_that_a_killed_migration_left_does_not_stop_the_next_one()
    {
        await using var store = new SqliteTestStore();
        await store.ExecuteAsync("""
            CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER NOT NULL CONSTRAINT "PK___EFMigrationsLock" PRIMARY KEY, "Timestamp" TEXT NOT NULL);
            INSERT OR REPLACE INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2027-01-01 00:00:00');
            """);
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        await store.Engine.MigrateAsync(bound.Token);
    }

    [Fact]
    public async Task A_reader_does_not_wait_for_a_writer()
    {
        var key = (await CreateAsync(Request())).Key;
        await using var writer = Store.ContextWith();
        await using var transaction = await writer.Database.BeginTransactionAsync();
        await writer.Database.ExecuteSqlRawAsync("UPDATE ApiKeys SET Name = 'uncommitted'");

        (await GetAsync(key)).Name.ShouldBe("a key");
    }

    private static async Task<string> PragmaAsync(KeyDbContext context, string name)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return Convert.ToString(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture)!;
    }
}
