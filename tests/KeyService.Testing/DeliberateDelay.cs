namespace KeyService.Testing;

/// <summary>
/// Lets time pass where the time itself is what a test needs: how long a fault lasts, how fast a client calls, that something does not
/// happen. Everything else waits for a condition (<see cref="Eventually"/>). The build refuses any other delay in tests.
/// </summary>
internal static class DeliberateDelay
{
    /// <param name="time">How long.</param>
    /// <param name="reason">Why there is no condition to wait for.</param>
    /// <param name="cancellation">Ends it early, with an <see cref="OperationCanceledException"/>.</param>
    public static Task ForAsync(TimeSpan time, string reason, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
#pragma warning disable RS0030 // The one place.
        return Task.Delay(time, cancellation);
#pragma warning restore RS0030
    }

    /// <inheritdoc cref="ForAsync(TimeSpan, string, CancellationToken)"/>
    public static Task ForAsync(int milliseconds, string reason, CancellationToken cancellation = default) =>
        ForAsync(TimeSpan.FromMilliseconds(milliseconds), reason, cancellation);
}
