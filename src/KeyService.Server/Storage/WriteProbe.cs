using KeyService.Server.Keys;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Storage;

/// <summary>
/// Writes a row and removes it again, in one transaction, to find out whether changes can be written: seldom while they can, soon again while they cannot.
/// It waits for its turn like any change, needs a few pages that the next one uses again, and other transactions never see the row.
/// </summary>
internal sealed class WriteProbe(KeyStore store, WriteHealth health, TimeProvider time) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan IntervalInDoubt = TimeSpan.FromSeconds(2);

    /// <summary>More than a page of either engine: a store without room for it has no room for a change.</summary>
    private const int Size = 8 * 1024;

    /// <summary>One write; how it ends is noted, not thrown.</summary>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        // No session key: it never gets to a reader.
        var row = new SessionKeyRow { Id = Guid.CreateVersion7(time.GetUtcNow()), Generation = '0', Sealed = new byte[Size], CreateTime = UtcMicroseconds.Now(time) };
        try
        {
            await store.WriteAsync(
                Guid.Empty,
                async (context, token) =>
                {
                    context.SessionKeys.Add(row);
                    await context.SaveChangesAsync(token);
                    return await context.SessionKeys.Where(stored => stored.Id == row.Id).ExecuteDeleteAsync(token);
                },
                cancellation);
            health.Succeeded(isProbe: true);
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Noted where it was met (KeyStore).
            health.Check();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var waited = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(IntervalInDoubt, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            waited += IntervalInDoubt;
            if (stoppingToken.IsCancellationRequested || (!health.IsInDoubt && waited < Interval)) continue;
            waited = TimeSpan.Zero;
            try
            {
                await ProbeAsync(stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // Stopped.
            }
        }
    }
}
