using KeyService.Server.Keys;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// SQLite has one writer: waiting here costs nothing, waiting inside SQLite holds a thread, and is unfair. Changes wait in a queue, served round robin by
/// caller, of which only the first may ask for the turn; so a beat or a report of the feed, which every change waits for, has at most two ahead of it.
/// </summary>
internal sealed class WriterQueue : IDisposable
{
    private static readonly TimeSpan LongestQueue = TimeSpan.FromSeconds(5);

    /// <summary>SQLite itself has one writer too: who does not get the turn in time tries there.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(300);

    private readonly FairTurns _queue = new(turns: 1, perCaller: 1);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>For changes of keys. Dispose it after the transaction.</summary>
    /// <exception cref="StoreUnavailableException">The queue is too long.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellation)
    {
        try
        {
            using var first = await _queue.EnterAsync(CurrentCaller.Id, LongestQueue, cancellation);
            if (await _turn.WaitAsync(LongestQueue, cancellation)) return new Turn(_turn);
        }
        catch (TimeoutException)
        {
            // The same as no turn.
        }

        throw new StoreUnavailableException(new TimeoutException("The queue of writers is too long."));
    }

    /// <summary>For the feed's writes; null: go on without it.</summary>
    public async ValueTask<IDisposable?> EnterFirstAsync(CancellationToken cancellation) =>
        await _turn.WaitAsync(LongestTurn, cancellation) ? new Turn(_turn) : null;

    public void Dispose() => _turn.Dispose();

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        private SemaphoreSlim? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Release();
    }
}
