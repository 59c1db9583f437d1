using System.Collections.Concurrent;
using System.Diagnostics;
using KeyService.Benchmarks.Scale.Rows;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Benchmarks.Scale;

/// <summary>What an engine's loader does with the rows.</summary>
internal interface IRowSink : IAsyncDisposable
{
    /// <summary>Of key 0, where the database stamps none of its own.</summary>
    long FirstRevision { get; }

    Task WriteAsync(RowBatch batch);

    /// <summary>Whatever comes last: heads, counters, indexes.</summary>
    Task FinishAsync(IReadOnlyCollection<AuditHeadRow> heads, int keys);
}

/// <summary><c>scale load</c>: a store with very many keys, past the service but with its own functions.</summary>
internal static class LoadWord
{
    private const int BatchKeys = 20_000;

    public static async Task RunAsync(ScaleOptions options) =>
        await LoadAsync(new(options.Data, options.SqlServer), options.Keys, options);

    public static async Task LoadAsync(ScaleStore store, int keys, ScaleOptions options)
    {
        var began = Stopwatch.GetTimestamp();
        await store.MigrateAsync();
        await RequireEmptyAsync(store);
        var plan = LoadPlan.EndingAt(TimeProvider.System.GetUtcNow(), keys, options.Seed);
        store.Begin(plan);
        var source = new RowSource(plan, store.MasterKeys, store.Options.Issuance.Brand, options.Events);
        await using (IRowSink sink = store.SqlServer is null ? new SqliteSink(store) : new SqlServerSink(store))
        {
            await CopyAsync(source, sink, keys, began);
            await sink.FinishAsync(source.Heads, keys);
        }

        if (options.Check && store.SqlServer is null) SqliteSink.Check(store);
        store.End();
        Report.Line($"{keys:N0} keys loaded in {Stopwatch.GetElapsedTime(began).TotalSeconds:N0} s");
        if (store.SqlServer is null)
        {
            var size = new FileInfo(store.DatabaseFile).Length;
            Report.Line($"{size:N0} bytes, {(double)size / keys:N0} a key");
        }
    }

    /// <summary>Rows are made on one core while they are written on the other.</summary>
    private static async Task CopyAsync(RowSource source, IRowSink sink, int keys, long began)
    {
        using var batches = new BlockingCollection<RowBatch>(boundedCapacity: 4);
        var making = Task.Run(() =>
        {
            try
            {
                foreach (var batch in source.Batches(BatchKeys, sink.FirstRevision)) batches.Add(batch);
            }
            finally
            {
                batches.CompleteAdding();
            }
        });
        var (written, told) = (0, 0);
        foreach (var batch in batches.GetConsumingEnumerable())
        {
            await sink.WriteAsync(batch);
            written += batch.Keys.Count;
            if (written - told < 500_000 && written < keys) continue;
            told = written;
            Report.Line($"{Stopwatch.GetElapsedTime(began).TotalSeconds,6:N0} s  {written:N0} keys written");
        }

        await making;
    }

    private static async Task RequireEmptyAsync(ScaleStore store)
    {
        var engine = store.NewEngine();
        using var disposable = engine as IDisposable;
        await using var context = engine.CreateContext();
        if (await context.ApiKeys.AnyAsync(key => key.WorkspaceId != Workspaces.System))
            throw new StartException("This store holds keys already: only a new one can be loaded.");
    }
}
