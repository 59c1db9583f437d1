namespace KeyService.Server.Observability;

/// <summary>Calls that fail by a permanent fault of the store, such as a table or a permission that is missing: repeating them does not help, an operator does.</summary>
internal sealed class FaultLog(Metrics metrics, TimeProvider time, ILogger<FaultLog> log)
{
    private readonly LastingFailure _fault = new(new("store_fault", Log.StoreFault), metrics, time, log, FailureEnd.Quiet);

    public void Add(string failure) => _fault.Failed(failure);
}
