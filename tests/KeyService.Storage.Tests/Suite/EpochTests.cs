using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

public abstract class EpochTests(Engine engine) : ReplicationTests(engine)
{
    [Fact]
    public async Task The_epoch_of_a_store_stays_and_no_other_store_has_it()
    {
        var epoch = (await LookAsync(NewStore())).Epoch;
        await CreateAsync(Request());
        await Store.Engine.MigrateAsync(CancellationToken.None);

        (await LookAsync(NewStore(), drawTicket: true)).Epoch.ShouldBe(epoch);
        (await ReadAsync(NewStore())).Epoch.ShouldBe(epoch);
        TestStore other = Store is SqliteTestStore ? new SqliteTestStore() : new SqlServerTestStore();
        await using (other)
        {
            await other.Engine.MigrateAsync(CancellationToken.None);
            (await LookAsync(other.Engine.Replication)).Epoch.Id.ShouldNotBe(epoch.Id);
        }
    }

    [Fact]
    public async Task A_renewed_epoch_is_another_says_when_and_has_no_replicas()
    {
        var store = NewStore();
        await RegisterAsync(store, Replica());
        var before = await LookAsync(store);

        await NewStore().RenewEpochAsync(CancellationToken.None);

        var after = await LookAsync(store);
        after.Epoch.Id.ShouldNotBe(before.Epoch.Id);
        after.Epoch.RenewTime.ShouldNotBeNull().ShouldBeInRange(before.DatabaseTime.AddSeconds(-1), after.DatabaseTime.AddSeconds(1));
        after.Rows.ShouldBeEmpty();
        await store.RenewEpochAsync(CancellationToken.None);
        (await LookAsync(store)).Epoch.Id.ShouldNotBe(after.Epoch.Id);
    }

    [Fact]
    public async Task A_store_whose_epoch_was_deleted_says_so_until_it_has_one()
    {
        var store = NewStore();
        await Store.ExecuteAsync("DELETE FROM StoreEpochs");

        (await Should.ThrowAsync<InvalidOperationException>(() => ReadAsync(store))).Message.ShouldContain("keyservice recover");
        (await Should.ThrowAsync<InvalidOperationException>(() => LookAsync(store))).Message.ShouldContain("keyservice recover");

        await store.RenewEpochAsync(CancellationToken.None);
        (await ReadAsync(store)).Epoch.ShouldNotBeNull();
    }
}

public sealed class EpochTestsOnSqlite() : EpochTests(Engine.Sqlite);

public sealed class EpochTestsOnSqlServer() : EpochTests(Engine.SqlServer);
