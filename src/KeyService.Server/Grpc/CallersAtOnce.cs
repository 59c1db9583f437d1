using System.Diagnostics.CodeAnalysis;
using KeyService.Server.Keys;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>Who calls ValidateKey, when the connection knows the credential and it still holds: nothing has to be waited for.</summary>
internal sealed class CallersAtOnce(CredentialValidator credentials)
{
    /// <summary>False says nothing but that somebody else has to look.</summary>
    public bool TryFind(HttpContext http, in Moment arrival, [NotNullWhen(true)] out Credential? caller)
    {
        caller = null;
        if (!Callers.TryReadCredential(http.Request.Headers, out var credential)
            || !credentials.TryValidateAgain(credential, http.Features.Get<LastCredential>(), http, arrival, out caller)
            || !caller.Rights.Holds(Permissions.Validate))
        {
            return false;
        }

        return true;
    }

    /// <summary>
    /// A permit to wait for the call's body: for a credential that held on this connection before, and may not hold any more. Every other call goes to the
    /// gate, which authenticates it before its body is waited for.
    /// </summary>
    public static BriefPermit PermitToWait(HttpContext http) =>
        Callers.TryReadCredential(http.Request.Headers, out var credential) && http.Features.Get<LastCredential>() is { } last
        && last.Is(credential.Span, out var entry) && entry.CallerId is { } caller
            ? http.Features.GetRequiredFeature<CallPermits>().TakeBriefly(CallClass.Validation, caller)
            : default;
}
