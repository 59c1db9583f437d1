using KeyService.Server.Observability;
using Microsoft.AspNetCore.Connections.Features;

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

/// <summary>The permits of one listener, a feature of its connections: each class of calls has its own. No call waits for one.</summary>
internal sealed class CallPermits(CallGateOptions options)
{
    /// <summary>12 KB each. A client that checks health by Watch has one for each connection.</summary>
    private const int MaxWatches = 2_000;

    private readonly FairPermits _validation = new(options.MaxValidations);
    private readonly FairPermits _management = new(options.MaxManagementCalls);
    private readonly FairPermits _watches = new(MaxWatches);

    /// <summary>Credentials of this listener's calls that are being looked up.</summary>
    public ColdCredentials Cold { get; } = new();

    /// <summary>Dispose the result when the call is over; null when there is none for this caller.</summary>
    public Permit? Take(CallClass kind, string caller, HttpContext http, out RefusalCause cause)
    {
        var permits = Of(kind);
        return permits.TryTake(caller, out cause) is { } share ? new(permits, share, ClosedToken(http)) : null;
    }

    /// <summary>The same for what ends by itself within seconds.</summary>
    public BriefPermit TakeBriefly(CallClass kind, string caller)
    {
        var permits = Of(kind);
        return permits.TryTake(caller, out _) is { } share ? new(permits, share) : default;
    }

    private FairPermits Of(CallClass kind) => kind switch
    {
        CallClass.Validation => _validation,
        CallClass.Watch => _watches,
        _ => _management,
    };

    private static CancellationToken ClosedToken(HttpContext http) => http.Features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed ?? CancellationToken.None;
}
