using System.Data.Common;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Sessions;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Storage.Tests.Suite;

/// <summary>What SQLite says of how it runs a query: with ten million keys each must seek where it begins, and read no further than its page.</summary>
public sealed class SqlitePlanTests() : StoreTests(Engine.Sqlite)
{
    private static readonly KeyPosition Position = new(1_234_567, "A KEY", "key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f");

    private readonly PlanRecorder _recorder = new();

    [Theory]
    [InlineData((int)KeyOrder.NewestFirst, "IX_ApiKeys_WorkspaceId_CreateTime_KeyId (WorkspaceId=? AND CreateTime<?)")]
    [InlineData((int)KeyOrder.OldestFirst, "IX_ApiKeys_WorkspaceId_CreateTime_KeyId (WorkspaceId=? AND CreateTime>?)")]
    [InlineData((int)KeyOrder.ByName, "IX_ApiKeys_WorkspaceId_NameOrder_KeyId (WorkspaceId=? AND NameOrder=? AND KeyId>?)", "IX_ApiKeys_WorkspaceId_NameOrder_KeyId (WorkspaceId=? AND NameOrder>?)")]
    public async Task A_later_page_is_sought_and_not_sorted(int order, params string[] seeks)
    {
        await PlansOfAsync((KeyOrder)order, Position);

        SeeksOf().ShouldBe(seeks);
        _recorder.Steps.ShouldAllBe(step => IsCheap(step));
    }

    [Theory]
    [InlineData((int)KeyOrder.NewestFirst, "IX_ApiKeys_WorkspaceId_CreateTime_KeyId (WorkspaceId=?)")]
    [InlineData((int)KeyOrder.OldestFirst, "IX_ApiKeys_WorkspaceId_CreateTime_KeyId (WorkspaceId=?)")]
    [InlineData((int)KeyOrder.ByName, "IX_ApiKeys_WorkspaceId_NameOrder_KeyId (WorkspaceId=?)")]
    public async Task A_first_page_is_read_in_its_order(int order, string seek)
    {
        await PlansOfAsync((KeyOrder)order, after: null);

        SeeksOf().ShouldBe([seek]);
        _recorder.Steps.ShouldAllBe(step => IsCheap(step));
    }

    [Fact]
    public async Task A_key_is_found_by_two_seeks()
    {
        await using var context = Store.ContextWith(_recorder);
        await StoreQueries.CompileFindKey()(context, new byte[KeyDigest.Size], CancellationToken.None);

        _recorder.Steps.Count.ShouldBe(2);
        _recorder.Steps[0].ShouldContain("sqlite_autoindex_KeySecrets_1 (Digest=?)");
        _recorder.Steps[1].ShouldContain("sqlite_autoindex_ApiKeys_1 (KeyId=?)");
    }

    [Fact]
    public async Task Old_rows_are_sought_by_their_time_and_not_the_whole_table_for_each_slice()
    {
        Store.Engine.Interceptors = [_recorder];
        await Store.Get<RequestRecords>().PurgeAsync(CancellationToken.None);
        await Store.Get<EndedSessionStore>().PurgeAsync(CancellationToken.None);

        _recorder.Steps.ShouldContain(step => step.Contains("IX_RequestRecords_CreateTime"));
        _recorder.Steps.ShouldContain(step => step.Contains("IX_EndedSessions_EndTime"));
        _recorder.Steps.ShouldAllBe(step => !step.StartsWith("SCAN r") && !step.StartsWith("SCAN e"), string.Join("; ", _recorder.Steps));
    }

    [Fact]
    public async Task A_query_without_an_index_would_be_noticed()
    {
        await using var context = Store.ContextWith(_recorder);
        _ = context.ApiKeys.OrderBy(key => key.Description).ToList();

        _recorder.Steps.ShouldContain(step => !IsCheap(step));
    }

    private static bool IsCheap(string step) => !step.Contains("SCAN k") && !step.Contains("SCAN a") && !step.Contains("TEMP B-TREE");

    private IEnumerable<string> SeeksOf() => _recorder.Steps.Select(step => step.IndexOf("IX_ApiKeys", StringComparison.Ordinal) is >= 0 and var at ? step[at..] : "").Where(seek => seek.Length > 0);

    private Task PlansOfAsync(KeyOrder order, KeyPosition? after)
    {
        Store.Engine.Interceptors = [_recorder];
        return Store.Queries.ListAsync(new("w1", "", null, order, after, 500), CancellationToken.None);
    }

    /// <summary>Asks for the plan of each query before it runs.</summary>
    private sealed class PlanRecorder : DbCommandInterceptor
    {
        public List<string> Steps { get; } = [];

        public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
        {
            Explain(command);
            return result;
        }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Explain(command);
            return new(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Explain(command);
            return new(result);
        }

        private void Explain(DbCommand command)
        {
            using var explain = command.Connection!.CreateCommand();
            explain.CommandText = $"EXPLAIN QUERY PLAN {command.CommandText}";
            foreach (DbParameter parameter in command.Parameters)
            {
                var copy = explain.CreateParameter();
                (copy.ParameterName, copy.Value) = (parameter.ParameterName, parameter.Value);
                explain.Parameters.Add(copy);
            }

            using var reader = explain.ExecuteReader();
            while (reader.Read()) Steps.Add(reader.GetString(reader.GetOrdinal("detail")));
        }
    }
}
