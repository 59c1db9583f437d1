using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

public abstract class StoreLockTests(Engine engine) : StoreTests(engine)
{
    [Fact]
    public async Task A_store_is_taken_once_and_free_again_afterwards()
    {
        // Each as a process of its own has it.
        var (one, other) = (Store.CreateEngine(), Store.CreateEngine());

        await using (var held = await one.LockStoreAsync(CancellationToken.None))
        {
            (await Should.ThrowAsync<StartException>(() => other.LockStoreAsync(CancellationToken.None))).Message.ShouldContain("is served by another process");
            (await Should.ThrowAsync<StartException>(() => one.LockStoreAsync(CancellationToken.None))).Message.ShouldContain("is served by another process");
            held.Lost.IsCancellationRequested.ShouldBeFalse();
        }

        await using var taken = await other.LockStoreAsync(CancellationToken.None);
    }
}

public sealed class StoreLockTestsOnSqlite() : StoreLockTests(Engine.Sqlite);

public sealed class StoreLockTestsOnSqlServer() : StoreLockTests(Engine.SqlServer);
