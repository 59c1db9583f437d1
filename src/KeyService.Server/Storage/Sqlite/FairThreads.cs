using KeyService.Server.Keys;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>Threads of their own for one kind of work, given to callers in equal parts.</summary>
/// <param name="name">Of the threads.</param>
/// <param name="count">How many threads.</param>
/// <param name="perCaller">How many of them one caller may have at a time.</param>
internal sealed class FairThreads(string name, int count, int perCaller) : IDisposable
{
    private static readonly TimeSpan LongestQueue = TimeSpan.FromSeconds(5);

    private readonly FairTurns _turns = new(count, perCaller);
    private readonly WorkThreads _threads = new(name, count);

    /// <summary>Returns when the work is done, or the caller goes away: then work that has begun goes on, and keeps its turn until it ends.</summary>
    /// <exception cref="OverloadedException">No turn within 5 s.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        IDisposable turn;
        try
        {
            turn = await _turns.EnterAsync(CurrentCaller.Id, LongestQueue, cancellation);
        }
        catch (TimeoutException)
        {
            throw new OverloadedException();
        }

        return await InTurnAsync(turn, work, cancellation).WaitAsync(cancellation);
    }

    public void Dispose() => _threads.Dispose();

    private async Task<T> InTurnAsync<T>(IDisposable turn, Func<Task<T>> work, CancellationToken cancellation)
    {
        using var _ = turn;
        return await _threads.RunAsync(work, cancellation);
    }
}
