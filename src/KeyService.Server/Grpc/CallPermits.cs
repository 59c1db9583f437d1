using System.Threading.RateLimiting;

namespace KeyService.Server.Grpc;

/// <summary>How many calls a listener has under way at most. What the service answers at once from memory does not count.</summary>
internal sealed record CallGateOptions
{
    /// <summary>
    /// <c>KeyService:MaxValidations</c>, 1 to 100,000. 1,000: one core with SQLite answered 15,000 unknown keys a second, so who gets in is
    /// answered within the 200 ms of <c>KeyService:ValidateBudget</c>; at most 1 GiB of requests is kept, if all of them are the longest batches there are.
    /// </summary>
    public int MaxValidations { get; init; } = 1_000;

    /// <summary>
    /// <c>KeyService:MaxManagementCalls</c>, 1 to 100,000. 512: a change that waits for a replica keeps its place for 2 s, and two cores made 209
    /// changes a second, so all of them may wait and others still get in; at most 128 MiB of requests are kept. What the database works
    /// on at once is bounded behind it, by the storage engine.
    /// </summary>
    public int MaxManagementCalls { get; init; } = 512;
}

/// <summary>The places of one listener, a feature of its connections: each class of calls has its own. Nobody waits for one.</summary>
internal sealed class CallPermits(CallGateOptions options)
{
    private readonly ConcurrencyLimiter _validation = New(options.MaxValidations);
    private readonly ConcurrencyLimiter _management = New(options.MaxManagementCalls);

    /// <summary>Dispose the result when the call is over.</summary>
    public RateLimitLease Take(CallClass kind) => (kind == CallClass.Validation ? _validation : _management).AttemptAcquire();

    private static ConcurrencyLimiter New(int permits) => new(new() { PermitLimit = permits, QueueLimit = 0 });
}
