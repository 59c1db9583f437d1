using KeyService.AdminConsole.Service;
using KeyService.Contracts.V1;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>Asks again how far a change has travelled, until the service itself says that it is everywhere: no clock of ours does.</summary>
internal static class PropagationFollower
{
    /// <summary>How long the service may wait for its replicas before it answers.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>It does not wait for a replica that stands still: between two questions it is left alone.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>The key when its change is everywhere; null: it was no longer followed.</summary>
    /// <param name="calls">To the service.</param>
    /// <param name="time">For the pauses.</param>
    /// <param name="changed">The key, as it became.</param>
    /// <param name="isCurrent">Whether anybody still wants to know.</param>
    /// <exception cref="CallProblem">It cannot be asked any more, or somebody else changed the key.</exception>
    public static async Task<Key?> WhenEverywhereAsync(KeyServiceCalls calls, TimeProvider time, Key changed, Func<bool> isCurrent)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, time);
            if (!isCurrent()) return null;
            try
            {
                // Changes nothing. With the etag: what somebody else did meanwhile is not undone.
                var answer = await calls.SetStatusAsync(changed, changed.Status, "", changed.Etag, Wait);
                if (answer.Propagation.State == PropagationState.Complete) return answer.Key;
            }
            catch (CallProblem problem) when (problem.Kind == ProblemKind.Away)
            {
                // It is asked again.
            }
        }
    }
}
