using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Storage.Tests.Stores;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Storage.Tests.Suite;

public abstract class StartLockTests(Engine engine) : StoreTests(engine)
{
    /// <summary>A first start finds no database.</summary>
    protected override bool Migrated => false;

    [Fact]
    public async Task Of_two_that_make_a_store_ready_the_second_waits_for_the_first()
    {
        var (one, other) = (Store.NewEngine(), Store.NewEngine());
        var first = await one.EnterStartAsync(CancellationToken.None);
        var second = other.EnterStartAsync(CancellationToken.None);
        (await Task.WhenAny(second, Testing.DeliberateDelay.ForAsync(300, "that it goes on would show soon"))).ShouldNotBe(second);

        await one.MigrateAsync(CancellationToken.None);
        await first.DisposeAsync();

        await using var entered = await second.WaitAsync(TimeSpan.FromSeconds(30));
        await other.MigrateAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Whoever_waits_can_go_away()
    {
        await using var first = await Store.NewEngine().EnterStartAsync(CancellationToken.None);
        using var bound = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        var waiting = Store.NewEngine().EnterStartAsync(bound.Token);

        await Should.ThrowAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}

public sealed class StartLockTestsOnSqlite() : StartLockTests(Engine.Sqlite)
{
    [Fact]
    public async Task The_wait_ends_with_one_line_for_the_operator()
    {
        var time = new FakeTimeProvider();
        await using var first = await Store.NewEngine().EnterStartAsync(CancellationToken.None);
        using var other = new SqliteEngine(Store.Folder, time);

        var waiting = other.EnterStartAsync(CancellationToken.None);
        time.Advance(SqliteStartLock.LongestWait);

        (await Should.ThrowAsync<StartException>(() => waiting)).Message.ShouldContain("another process is starting or migrating");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_says_so_at_once()
    {
        using var engine = new SqliteEngine(Path.Combine(Store.Folder, "none"), TimeProvider.System);

        (await Should.ThrowAsync<StartException>(() => engine.EnterStartAsync(CancellationToken.None))).Message.ShouldContain("is not there");
    }
}

public sealed class StartLockTestsOnSqlServer() : StartLockTests(Engine.SqlServer);
