using System.Text.Json;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;

namespace KeyService.Server.Usage;

/// <summary>Writes last-used times every 5 s, and once more at the end, in a set-based statement for each 1,000 keys.</summary>
internal sealed class UsageFlusher(
    UsageRecorder recorder, IStorageEngine engine, TimeProvider time, Metrics metrics, ILogger<UsageFlusher> log) : BackgroundService
{
    /// <summary>Half of what the contract allows a last-used time to be behind.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LastFlushBound = TimeSpan.FromSeconds(3);

    /// <summary>A statement of SQL Server that takes 5,000 locks takes the whole table; SQLite's other writers wait for one statement at most.</summary>
    public const int Batch = 1_000;

    private readonly LastingFailure _failing = new(new("usage_flush", Log.UsageFlushFailed), metrics, time, log);

    /// <summary>Writes all that is recorded; what cannot be written is recorded again.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        var uses = recorder.Take();
        var written = 0;
        try
        {
            foreach (var batch in uses.Chunk(Batch))
            {
                await engine.FlushUsageAsync(ToJson(batch), cancellation);
                written += batch.Length;
            }

            metrics.UsageFlushed(written);
            _failing.Succeeded();
        }
        catch (Exception e)
        {
            foreach (var (keyId, ticks) in uses.Skip(written)) recorder.Record(keyId, ticks);
            metrics.UsageFlushFailed();
            _failing.Failed(StoreErrors.CauseOf(e));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await FlushAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The server drains before this service is stopped: the last flush has the last call.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // A bound of its own: the host's is used up when the last calls took long.
        using var bound = new CancellationTokenSource(LastFlushBound, time);
        await FlushAsync(bound.Token);
    }

    private static string ToJson(IEnumerable<(string KeyId, long UtcTicks)> uses) => JsonSerializer.Serialize(
        uses.Select(use => new Row(use.KeyId, UtcMicroseconds.ToMicroseconds(new DateTimeOffset(use.UtcTicks, TimeSpan.Zero)))),
        JsonSerializerOptions.Default);

    private sealed record Row(string k, long t);
}
