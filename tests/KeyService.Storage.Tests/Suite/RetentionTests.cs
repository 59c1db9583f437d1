using System.Data.Common;
using KeyService.Server.Audit;
using KeyService.Server.Hosting;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

public abstract class RetentionTests(Engine engine) : ChainTests(engine)
{
    [Fact]
    public async Task Processes_that_remove_the_same_records_at_once_remove_each_once_and_none_fails()
    {
        const int old = (2 * SlicedDelete.Size) + 10;
        await PutRecordsAsync(old, Store.Time.GetUtcNow() - RequestRecords.Retention);
        await PutRecordsAsync(3, Store.Time.GetUtcNow());

        var removed = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(
            () => Store.Process(engine: Store.NewEngine()).GetRequiredService<RequestRecords>().PurgeAsync(CancellationToken.None))));

        removed.Sum().ShouldBe(old);
        (await CountRecordsAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task Processes_that_purge_one_chain_at_once_leave_it_whole()
    {
        await MakeAsync("w1", 20);
        Store.Time.Advance(TimeSpan.FromDays(10));
        await MakeAsync("w1", 2);

        var removed = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Store.Process(engine: Store.NewEngine())
            .GetRequiredService<AuditPurger>().PurgeAsync(Store.Time.GetUtcNow() - TimeSpan.FromDays(5), CancellationToken.None))));

        removed.Sum().ShouldBe(20);
        (await Store.VerifyAsync()).ShouldBe([new("w1", 2, 22, null)]);
    }

    [Theory]
    [InlineData("RequestRecords")]
    [InlineData("AuditEvents")]
    [InlineData("SessionKeys")]
    [InlineData("EndedSessions")]
    public async Task A_job_that_fails_keeps_none_of_the_others(string failing)
    {
        await PutOldRowsAsync();
        Store.Engine.Interceptors = [new FailingDeletes(failing)];
        using var housekeeper = ActivatorUtilities.CreateInstance<Housekeeper>(Store.Services);

        await housekeeper.CleanUpAsync(CancellationToken.None);

        foreach (var (table, rows) in await CountsAsync()) (rows == 0).ShouldBe(table != failing, table);
    }

    [Fact]
    public async Task A_workspace_that_fails_keeps_none_of_the_others_and_is_reported()
    {
        foreach (var workspaceId in new[] { "w1", "w2", "w3" }) await MakeAsync(workspaceId, 2);
        Store.Time.Advance(TimeSpan.FromDays(10));
        Store.Engine.Interceptors = [new FailingDeletes("AuditEvents", "w2")];

        await Should.ThrowAsync<StoreUnavailableException>(PurgeAsync);

        Store.Engine.Interceptors = [];
        (await Store.VerifyAsync()).ShouldBe([new("w1", 0, 2, null), new("w2", 2, 2, null), new("w3", 0, 2, null)]);
        (await PurgeAsync()).ShouldBe(2);
    }

    private async Task PutOldRowsAsync()
    {
        await MakeAsync("w1", 2);
        await PutRecordsAsync(2, Store.Time.GetUtcNow());
        await Store.WithContextAsync(context =>
        {
            context.EndedSessions.Add(new() { Id = Guid.NewGuid(), EndTime = UtcMicroseconds.Now(Store.Time) });
            context.SessionKeys.Add(new() { Id = Guid.NewGuid(), Generation = '1', Sealed = [1], CreateTime = UtcMicroseconds.Now(Store.Time), ExpireTime = UtcMicroseconds.Now(Store.Time) });
            return context.SaveChangesAsync();
        });
        Store.Time.Advance(Store.Options.AuditRetention + TimeSpan.FromDays(1));
    }

    private Task<Dictionary<string, int>> CountsAsync() => Store.WithContextAsync(async context => new Dictionary<string, int>
    {
        ["RequestRecords"] = await context.RequestRecords.CountAsync(),
        ["AuditEvents"] = await context.AuditEvents.CountAsync(),
        ["SessionKeys"] = await context.SessionKeys.CountAsync(),
        ["EndedSessions"] = await context.EndedSessions.CountAsync(),
    });

    private Task<int> CountRecordsAsync() => Store.WithContextAsync(context => context.RequestRecords.CountAsync());

    private Task PutRecordsAsync(int count, DateTimeOffset time) => Store.WithContextAsync(context =>
    {
        context.RequestRecords.AddRange(Enumerable.Range(0, count).Select(_ => new RequestRecordRow
        {
            CallerId = "key_requester", WorkspaceId = "w1", Rpc = "CreateKey", RequestId = $"{Guid.NewGuid():N}", Fingerprint = new byte[32], KeyId = "key_1",
            CreateTime = UtcMicroseconds.Truncate(time),
        }));
        return context.SaveChangesAsync();
    });

    /// <summary>A database that does not answer deletes of one table, or of one workspace in it.</summary>
    private sealed class FailingDeletes(string table, string? workspaceId = null) : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.Contains("DELETE", StringComparison.Ordinal) && command.CommandText.Contains(table, StringComparison.Ordinal)
                && (workspaceId is null || command.Parameters.Cast<DbParameter>().Any(parameter => workspaceId.Equals(parameter.Value))))
            {
                throw new TimeoutException();
            }

            return new(result);
        }
    }
}

public sealed class RetentionTestsOnSqlite() : RetentionTests(Engine.Sqlite);

public sealed class RetentionTestsOnSqlServer() : RetentionTests(Engine.SqlServer);
