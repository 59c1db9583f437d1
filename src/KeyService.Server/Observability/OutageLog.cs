namespace KeyService.Server.Observability;

/// <summary>Calls that fail because the database does not answer: one condition for all of them, since an outage must not become a flood of logs.</summary>
internal sealed class OutageLog(Metrics metrics, TimeProvider time, ILogger<OutageLog> log)
{
    private readonly LastingFailure _store = new(new("store", Log.StoreUnavailable), metrics, time, log, FailureEnd.Quiet);

    public void Add(string failure) => _store.Failed(failure);
}
