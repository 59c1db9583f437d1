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
    /// A permit to wait for the call's body: for a credential that is valid, as far as this connection knows it, and may validate. Every other call goes to the gate, which
    /// authenticates it before its body is waited for.
    /// </summary>
    public BriefPermit PermitToWait(HttpContext http, in Moment arrival) =>
        TryFind(http, arrival, out var caller) ? http.Features.GetRequiredFeature<CallPermits>().TakeBriefly(CallClass.Validation, caller.KeyId) : default;
}
