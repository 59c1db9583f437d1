using Microsoft.Extensions.Logging;

namespace KeyService.AdminConsole;

/// <summary>Every message of the console. A log takes no credential and no token.</summary>
internal static partial class Log
{
    [LoggerMessage(50, LogLevel.Warning, "Somebody was not signed in at the OpenID Connect issuer: {Reason}")]
    public static partial void NotSignedInAtIssuer(ILogger log, string reason);
}
