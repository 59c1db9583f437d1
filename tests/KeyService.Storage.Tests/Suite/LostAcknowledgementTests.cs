using System.Data.Common;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
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
    public async Task A_change_whose_acknowledgement_is_lost_is_found_when_it_is_asked_again()
    {
        var key = (await CreateAsync(Request())).Key;
        var lose = new LoseAcknowledgement();
        Store.Engine.Interceptors = [lose];
        lose.Next();

        await Should.ThrowAsync<StoreUnavailableException>(() => SetStatusAsync(key, KeyStatus.Disabled));

        var disabled = await GetAsync(key);
        disabled.Status.ShouldBe(KeyStatus.Disabled);

        var (again, report) = await SetStatusAsync(key, KeyStatus.Disabled);
        (again.Key.Revision, report.Complete).ShouldBe((disabled.Revision, true));
        (await Store.EventsAsync("w1")).Count.ShouldBe(2);
        (await Store.VerifyAsync()).ShouldBe([new("w1", 2, 2, null)]);
    }

    [Fact]
    public async Task A_key_whose_acknowledgement_is_lost_is_found_under_its_request_id()
    {
        var lose = new LoseAcknowledgement();
        Store.Engine.Interceptors = [lose];
        lose.Next();
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
    public Task A_change_that_happened_is_not_repeated()
    {
        var lose = new LoseAcknowledgement();
        return LostAcknowledgementOnSqlServer.HoldsAsync(this, lose, () => Store.Engine.Contexts = Retrying(lose));
    }

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
    public Task A_change_that_happened_is_not_repeated()
    {
        var lose = new LoseAcknowledgement();
        return HoldsAsync(this, lose, () => Store.Engine.Interceptors = [lose]);
    }

    internal static async Task HoldsAsync(StoreTests test, LoseAcknowledgement lose, Action intercept)
    {
        var store = test.Store;
        var key = (await test.CreateAsync(Request())).Key;
        intercept();

        lose.Next();
        var (view, report) = await test.SetStatusAsync(key, KeyStatus.Disabled);

        (view.Key.Status, report.Complete, report.Revision).ShouldBe((KeyStatus.Disabled, true, view.Key.Revision));
        (await store.EventsAsync("w1")).Count.ShouldBe(2);

        lose.Next();
        var issued = await test.CreateAsync(Request("w2"));
        lose.Next();
        (await store.Get<KeyRevealer>().RevealAsync("w2", issued.Key.KeyId, Requester.Actor, CancellationToken.None)).ShouldBe(issued.ApiKey);

        (await test.GetAsync(issued.Key)).Revision.ShouldBe(issued.Key.Revision);
        (await test.CountKeysAsync()).ShouldBe(2);
        (await store.WithContextAsync(context => context.KeySecrets.CountAsync())).ShouldBe(2);
        (await store.VerifyAsync()).ShouldBe([new("w1", 2, 2, null), new("w2", 2, 2, null)]);
        lose.Lost.ShouldBe(3);
    }
}

/// <summary>Throws after a commit has happened.</summary>
internal sealed class LoseAcknowledgement : DbTransactionInterceptor
{
    private int _armed;

    public int Lost { get; private set; }

    /// <summary>Loses the next one.</summary>
    public void Next() => Volatile.Write(ref _armed, 1);

    public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _armed, 0) == 0) return Task.CompletedTask;
        Lost++;
        throw new TimeoutException("The acknowledgement is lost.");
    }
}
