using System.Diagnostics.Metrics;

namespace KeyService.AdminConsole.SignIn;

/// <summary>Counts sign-ins that fail: anybody can cause them, so the log has only some of them.</summary>
internal sealed class SignInMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _failed = meters.Create("KeyService").CreateCounter<long>(
        "keyservice.console.sign_ins_failed", "{sign_in}", "Sign-ins to the console that failed, by reason.");

    public void Failed(SignInProblem reason) => _failed.Add(1, new KeyValuePair<string, object?>("reason", reason switch
    {
        SignInProblem.Credential => "credential",
        SignInProblem.Link => "link",
        SignInProblem.Slow => "too_many",
        SignInProblem.Away => "service_unavailable",
        SignInProblem.Stale => "stale_form",
        SignInProblem.Issuer => "issuer",
        _ => "other",
    }));
}
