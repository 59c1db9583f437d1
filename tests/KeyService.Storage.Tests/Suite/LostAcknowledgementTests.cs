using System.Data.Common;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace KeyService.Storage.Tests.Suite;

/// <summary>The commit happens, and nobody learns of it.</summary>
public sealed class LostAcknowledgementOnSqlite() : StoreTests(Engine.Sqlite)
{
    [Fact]
    public async Task A_change_whose_acknowledgement_is_lost_is_in_doubt_until_it_is_asked_again()
    {
        var key = (await CreateAsync(Request())).Key;
        Store.Engine.Interceptors = [new LoseAcknowledgement(times: 1)];

        await Should.ThrowAsync<StoreUnavailableException>(() => SetStatusAsync(key, KeyStatus.Disabled));

        var disabled = await GetAsync(key);
        disabled.Status.ShouldBe(KeyStatus.Disabled);
        Store.Floors.Allows(key.KeyId, key.Revision, Store.Floors.Era).ShouldBeFalse();
        Store.Floors.Allows(key.KeyId, disabled.Revision, Store.Floors.Era).ShouldBeFalse("nothing cached may answer");

        var (again, report) = await SetStatusAsync(key, KeyStatus.Disabled);
        (again.Key.Revision, report.Complete).ShouldBe((disabled.Revision, true));
        (await Store.EventsAsync("w1")).Count.ShouldBe(2);
        (await Store.VerifyAsync()).ShouldBe([new("w1", 2, 2, null)]);
    }

    [Fact]
    public async Task A_key_whose_acknowledgement_is_lost_is_found_under_its_request_id()
    {
        Store.Engine.Interceptors = [new LoseAcknowledgement(times: 1)];
        await Should.ThrowAsync<StoreUnavailableException>(() => CreateAsync(Request(), "r1"));

        var issued = await CreateAsync(Request(), "r1");

        issued.ApiKey.ShouldNotBeEmpty();
        (await CountKeysAsync()).ShouldBe(1);
    }
}

/// <summary>
/// What <see cref="KeyStore"/> makes of a retry, on an engine that is always at hand: SQLite, under a strategy that repeats as SQL
/// Server's does.
/// </summary>
public sealed class LostAcknowledgementUnderRetries() : StoreTests(Engine.Sqlite)
{
    [Fact]
    public Task A_change_that_happened_is_not_repeated() => LostAcknowledgementOnSqlServer.HoldsAsync(this, Retrying(new LoseAcknowledgement(times: 1)));

    [Fact]
    public async Task A_change_that_did_not_happen_is_repeated_from_its_beginning()
    {
        var key = (await CreateAsync(Request())).Key;
        Store.Engine.Contexts = Retrying();
        var attempts = 0;
        Store.Engine.BeforeStamp = () => ++attempts <= 2 ? throw new TimeoutException("Transient.") : Task.CompletedTask;

        (await SetStatusAsync(key, KeyStatus.Disabled)).Key.Key.Status.ShouldBe(KeyStatus.Disabled);
        attempts = 0;
        await CreateAsync(Request(), "r1");

        (await Store.EventsAsync("w1")).Select(e => e.Sequence).ShouldBe([1, 2, 3]);
        (await CountKeysAsync()).ShouldBe(2);
        (await Store.WithContextAsync(context => context.KeySecrets.CountAsync())).ShouldBe(2);
        (await Store.VerifyAsync()).ShouldBe([new("w1", 3, 3, null)]);
    }

    [Fact]
    public async Task A_change_that_never_gets_through_is_unavailable()
    {
        var key = (await CreateAsync(Request())).Key;
        Store.Engine.Contexts = Retrying();
        Store.Engine.BeforeStamp = () => throw new TimeoutException("Transient.");

        (await Should.ThrowAsync<StoreUnavailableException>(() => SetStatusAsync(key, KeyStatus.Disabled))).InnerException
            .ShouldBeOfType<RetryLimitExceededException>();

        (await Store.EventsAsync("w1")).ShouldHaveSingleItem();
    }

    private Func<KeyDbContext> Retrying(params IInterceptor[] interceptors) => () =>
    {
        var options = new DbContextOptionsBuilder<SqliteKeyDbContext>(SqliteEngine.OptionsFor(((SqliteTestStore)Store).File))
            .UseSqlite(sqlite => sqlite.ExecutionStrategy(dependencies => new Repeat(dependencies)))
            .AddInterceptors(interceptors).Options;
        return new SqliteKeyDbContext(options);
    };

    private sealed class Repeat(ExecutionStrategyDependencies dependencies) : ExecutionStrategy(dependencies, maxRetryCount: 3, TimeSpan.FromMilliseconds(1))
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is TimeoutException;

        protected override TimeSpan? GetNextDelay(Exception lastException) => base.GetNextDelay(lastException) is null ? null : TimeSpan.Zero;
    }
}

public sealed class LostAcknowledgementOnSqlServer() : StoreTests(Engine.SqlServer)
{
    [Fact]
    public Task A_change_that_happened_is_not_repeated() => HoldsAsync(this, contexts: null);

    internal static async Task HoldsAsync(StoreTests test, Func<KeyDbContext>? contexts)
    {
        var store = test.Store;
        var key = (await test.CreateAsync(Request())).Key;
        if (contexts is null) store.Engine.Interceptors = [new LoseAcknowledgement(times: 1)];
        store.Engine.Contexts = contexts;

        var (view, report) = await test.SetStatusAsync(key, KeyStatus.Disabled);

        (view.Key.Status, report.Complete, report.Revision).ShouldBe((KeyStatus.Disabled, true, view.Key.Revision));
        (await store.EventsAsync("w1")).Count.ShouldBe(2);

        if (contexts is null) store.Engine.Interceptors = [new LoseAcknowledgement(times: 1)];
        var issued = await test.CreateAsync(Request("w2"));
        (await test.GetAsync(issued.Key)).Revision.ShouldBe(issued.Key.Revision);

        (await test.CountKeysAsync()).ShouldBe(2);
        (await store.WithContextAsync(context => context.KeySecrets.CountAsync())).ShouldBe(2);
        (await store.VerifyAsync()).ShouldBe([new("w1", 2, 2, null), new("w2", 1, 1, null)]);
    }
}

/// <summary>Throws after the first commits have happened.</summary>
internal sealed class LoseAcknowledgement(int times) : DbTransactionInterceptor
{
    private int _left = times;

    public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        Interlocked.Decrement(ref _left) >= 0 ? throw new TimeoutException("The acknowledgement is lost.") : Task.CompletedTask;
}
