using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>How long calls may wait for the look-up of credential and key.</summary>
internal static class CallBudgets
{
    /// <summary>A portal rather waits, as long as a change may take, than fails; validation has <c>KeyService:ValidateBudget</c>.</summary>
    private static readonly TimeSpan Management = TimeSpan.FromSeconds(10);

    /// <param name="time">The clock.</param>
    /// <param name="deadline">The caller's.</param>
    /// <param name="spent">What authentication took of it, before the body was there; in ticks of the time provider.</param>
    public static CallBudget ForValidation(TimeProvider time, DateTime deadline, long spent = 0) =>
        new(time.GetTimestamp() - spent, deadline, time.GetUtcNow());

    /// <summary>The caller's deadline by the service's clock: the framework reckons it by the system's.</summary>
    public static DateTime DeadlineOf(DateTime deadline, TimeProvider time) =>
        deadline == DateTime.MaxValue ? deadline : time.GetUtcNow().UtcDateTime + (deadline - TimeProvider.System.GetUtcNow().UtcDateTime);

    public static CallBudget ForManagement(TimeProvider time, DateTime deadline)
    {
        var now = time.GetUtcNow();
        return new(time.GetTimestamp(), deadline == DateTime.MaxValue ? now.UtcDateTime + Management : deadline, now);
    }
}
