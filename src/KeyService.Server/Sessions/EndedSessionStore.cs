using KeyService.AdminConsole.SignIn;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Sessions;

/// <summary>The rows of <c>EndedSessions</c>: by them every replica's console knows who signed out at another.</summary>
internal sealed class EndedSessionStore(KeyStore store, Metrics metrics, TimeProvider time, ILogger<EndedSessionStore> log) : IEndedSessionStore
{
    /// <summary>Twice the longest idle time-out that can be set, and an hour: nobody asks for older ones.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(49);

    /// <summary>A page waits no longer for what it can do without.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private readonly LastingFailure _unknown = new(new("ended_sessions", Log.EndedSessionsUnknown), metrics, time, log, FailureEnd.Success);

    public async Task<bool> TryAddAsync(Guid session, DateTimeOffset end) => await TryAsync(token => store.WriteAsync(
        Guid.Empty,
        async (context, writing) =>
        {
            // Once, however often it is told, and after a lost acknowledgement too.
            if (await context.EndedSessions.AnyAsync(ended => ended.Id == session, writing)) return false;
            context.EndedSessions.Add(new() { Id = session, EndTime = UtcMicroseconds.Truncate(end) });
            await context.SaveChangesAsync(writing);
            return true;
        },
        token)) is not null;

    public async Task<IReadOnlyList<Guid>?> TryReadAsync(DateTimeOffset since) => (await TryAsync(token => store.ScanAsync(
        (context, reading) => context.EndedSessions.Where(ended => ended.EndTime > since).Select(ended => ended.Id).ToListAsync(reading), token)))?.Value;

    /// <summary>Removes sessions whose cookie ended long ago; returns how many.</summary>
    public Task<long> PurgeAsync(CancellationToken cancellation)
    {
        var cutoff = time.GetUtcNow() - Retention;
        return store.DeleteInSlicesAsync(context => context.EndedSessions.Where(ended => ended.EndTime <= cutoff), cancellation);
    }

    private async Task<Answer<T>?> TryAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        using var bound = new CancellationTokenSource(Bound, time);
        try
        {
            var answer = await work(bound.Token);
            _unknown.Succeeded();
            return new(answer);
        }
        catch (Exception e) when (e is StoreUnavailableException or OverloadedException or OperationCanceledException)
        {
            _unknown.Failed(StoreErrors.CauseOf(e));
            return null;
        }
    }

    private sealed record Answer<T>(T Value);
}
