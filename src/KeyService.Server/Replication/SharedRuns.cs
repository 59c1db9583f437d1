namespace KeyService.Server.Replication;

/// <summary>
/// Runs that many can share: who asks gets one that began after they asked, and all who ask while one is under way share the next. One runs
/// at a time, and two begin at least <paramref name="gap"/> apart.
/// </summary>
internal sealed class SharedRuns<T>(Func<Task<T>> run, TimeSpan gap, TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<T>? _next;
    private bool _running;

    /// <exception cref="Exception">Whatever the run threw; all who share it get the same.</exception>
    public Task<T> NextAsync()
    {
        Task<T> next;
        lock (_lock)
        {
            _next ??= new();
            next = _next.Task;
            if (_running) return next;
            _running = true;
        }

        _ = RunAllAsync();
        return next;
    }

    private async Task RunAllAsync()
    {
        // Not on the thread of who asked first: it would run what the others ask for.
        await Task.Yield();
        while (true)
        {
            var began = time.GetTimestamp();
            TaskCompletionSource<T> asked;
            lock (_lock)
            {
                if (_next is null)
                {
                    _running = false;
                    return;
                }

                asked = _next;
                _next = null;
            }

            try
            {
                asked.SetResult(await run());
            }
            catch (Exception e)
            {
                asked.SetException(e);
                // Nobody may be left to look at it.
                _ = asked.Task.Exception;
            }

            var left = gap - time.GetElapsedTime(began);
            if (left > TimeSpan.Zero) await Task.Delay(left, time);
        }
    }
}
