using KeyService.AdminConsole.SignIn;
using Microsoft.AspNetCore.Components;

namespace KeyService.AdminConsole.Service;

/// <summary>Reads of a page: tried again by themselves for as long as the service is away, and the session is looked at when it says that it ended.</summary>
internal static class Retries
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <param name="navigation">Of the page that reads.</param>
    /// <param name="read">What is tried. It must read, not change: it may be done twice.</param>
    /// <param name="failed">Told of each failure.</param>
    /// <param name="cancellation">Nobody looks any more.</param>
    public static async Task RunAsync(NavigationManager navigation, Func<Task> read, Action<CallProblem> failed, CancellationToken cancellation)
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
                if (problem.Kind == ProblemKind.SignedOut) navigation.CheckSession();
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
