using Microsoft.Extensions.Logging;

namespace KeyService.AdminConsole;

/// <summary>Every message of the console. A log takes no credential and no token.</summary>
internal static partial class Log
{
    [LoggerMessage(50, LogLevel.Warning, "Somebody was not signed in at the OpenID Connect issuer: {Reason}")]
    public static partial void NotSignedInAtIssuer(ILogger log, string reason);

    [LoggerMessage(81, LogLevel.Warning, "The console does not reach the service at {Address}: {Cause}.")]
    public static partial void ServiceNotReached(ILogger log, Uri address, string cause);

    [LoggerMessage(82, LogLevel.Information, "The console reaches the service at {Address} again.")]
    public static partial void ServiceReached(ILogger log, Uri address);
}
