namespace KeyService.AdminConsole.SignIn;

/// <summary>Limits the log lines of failed sign-ins at the issuer to ten a minute: anybody can call the callback's address. <see cref="SignInMetrics"/> counts all of them.</summary>
internal sealed class IssuerFailureLog(TimeProvider time)
{
    private const int MaxLines = 10;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _start = time.GetTimestamp();
    private int _lines;

    /// <summary>Whether this failure is to be logged.</summary>
    public bool IsDue()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_start) >= Period) (_start, _lines) = (time.GetTimestamp(), 0);
            return ++_lines <= MaxLines;
        }
    }
}
