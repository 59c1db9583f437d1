namespace KeyService.AdminConsole.Service;

/// <summary>Reads of a page: tried again by themselves for as long as the service is away.</summary>
internal static class Retries
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <param name="read">What is tried. It must read, not change: it may be done twice.</param>
    /// <param name="failed">Told of each failure.</param>
    /// <param name="cancellation">Nobody looks any more.</param>
    public static async Task RunAsync(Func<Task> read, Action<CallProblem> failed, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await read();
                return;
            }
            catch (CallProblem problem)
            {
                if (cancellation.IsCancellationRequested) return;
                failed(problem);
                if (problem.Kind != ProblemKind.Away) return;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Delay(Pause, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
