namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>Waits for a condition, not for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until the answer is good; fails with the last answer when the bound has passed.</summary>
    public static async Task<T> Get<T>(Func<Task<T>> ask, Func<T, bool> isGood, TimeSpan bound)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isGood(answer)) return answer;
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(bound, $"last answer: {answer}");
            await Task.Delay(Pause);
        }
    }
}
