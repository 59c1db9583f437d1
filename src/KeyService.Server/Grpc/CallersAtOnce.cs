using KeyService.Server.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>Who calls ValidateKey, when the connection knows the credential and it still holds: nothing has to be waited for.</summary>
internal sealed class CallersAtOnce(CredentialValidator credentials)
{
    /// <summary>False says nothing but that somebody else has to look.</summary>
    public bool TryFind(HttpContext http, in Moment arrival, out CredentialRights rights)
    {
        rights = CredentialRights.None;
        if (!Callers.TryReadCredential(http.Request.Headers, out var credential)
            || !credentials.TryValidateAgain(credential, http.Features.Get<LastCredential>(), http, arrival, out var caller)
            || !caller.Rights.Holds(Permissions.Validate))
        {
            return false;
        }

        rights = caller.Rights;
        return true;
    }

    /// <summary>Whether the credential held on this connection before. It may not hold any more.</summary>
    public static bool WasSeen(HttpContext http) =>
        Callers.TryReadCredential(http.Request.Headers, out var credential) && http.Features.Get<LastCredential>() is { } last && last.Is(credential.Span, out _);
}
