using System.Diagnostics;

namespace KeyService.Testing;

/// <summary>Waits for a condition, not for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until the answer is good; fails with the last answer when the bound has passed.</summary>
    public static async Task<T> Get<T>(Func<Task<T>> ask, Func<T, bool> isGood, TimeSpan bound)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isGood(answer)) return answer;
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(bound, $"last answer: {answer}");
            await DeliberateDelay.ForAsync(Pause, "between two looks at the condition");
        }
    }

    public static Task IsTrueAsync(Func<bool> condition, string what, int seconds = 20) =>
        IsTrueAsync(() => Task.FromResult(condition()), what, seconds);

    /// <exception cref="TimeoutException">It did not come true in time.</exception>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what, int seconds = 20)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds)) throw new TimeoutException($"Not within {seconds} s: {what}.");
            await DeliberateDelay.ForAsync(Pause, "between two looks at the condition");
        }
    }
}
