namespace KeyService.Server.Observability;

/// <summary>Calls that are refused for want of a place: a condition for each class, over when none was refused for a while. The metrics count them.</summary>
internal sealed class OverloadLog(Metrics metrics, TimeProvider time, ILogger<OverloadLog> log)
{
    private const string Cause = "too many under way";

    private readonly LastingFailure _validation = new(
        new("overload_validation", static (log, _) => Log.Overloaded(log, "validations")), metrics, time, log, FailureEnd.Quiet);

    private readonly LastingFailure _management = new(
        new("overload_management", static (log, _) => Log.Overloaded(log, "management calls")), metrics, time, log, FailureEnd.Quiet);

    public void Add(bool validation) => (validation ? _validation : _management).Failed(Cause);
}
