namespace KeyService.Server.Observability;

/// <summary>Calls that are refused for want of a place: a condition for each class, over when none was refused for a while. The metrics count them.</summary>
internal sealed class OverloadLog(Metrics metrics, TimeProvider time, ILogger<OverloadLog> log)
{
    private const string Cause = "too many under way";

    /// <summary>By class and cause.</summary>
    private readonly LastingFailure[] _refusals = [.. Enum.GetValues<RefusalCause>().SelectMany(cause => new[]
    {
        New("validation", "validations", cause, metrics, time, log), New("management", "management calls", cause, metrics, time, log),
    })];

    public void Add(bool validation, RefusalCause cause) => _refusals[((int)cause * 2) + (validation ? 0 : 1)].Failed(Cause);

    private static LastingFailure New(string name, string calls, RefusalCause cause, Metrics metrics, TimeProvider time, ILogger log)
    {
        FailureLines lines = cause switch
        {
            RefusalCause.CallerShare => new($"caller_share_{name}", (to, _) => Log.CallerShareTaken(to, calls)),
            RefusalCause.Credential => new($"credentials_{name}", (to, _) => Log.TooManyCredentials(to, calls)),
            _ => new($"overload_{name}", (to, _) => Log.Overloaded(to, calls)),
        };
        return new(lines, metrics, time, log, FailureEnd.Quiet);
    }
}
