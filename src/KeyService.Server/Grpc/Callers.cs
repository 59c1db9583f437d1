using Grpc.Core;
using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>Who is calling, and what they may do.</summary>
internal readonly record struct Caller(string CredentialId, CredentialRights Rights, string OnBehalfOf)
{
    public Actor Actor => new(CredentialId, OnBehalfOf);

    public Requester Requester => new(Actor, Rights);

    /// <exception cref="RpcException">PERMISSION_DENIED.</exception>
    public void Require(Permissions permission, string workspaceId)
    {
        if (!Rights.May(permission, workspaceId)) throw GrpcErrors.MissingPermission();
    }
}

/// <summary>
/// Checks the credential of every call, every time: an API key of workspace <c>system</c>, or a JWT where an issuer is configured. A bad one costs a parse
/// and a hash, or a signature's check, and learns nothing.
/// </summary>
/// <param name="credentials">Knows the API keys.</param>
/// <param name="addresses">From where each call comes.</param>
/// <param name="jwts">Knows the JWTs; null without an issuer.</param>
internal sealed class Callers(CredentialValidator credentials, CallerAddress addresses, JwtCallers? jwts = null)
{
    private const string Scheme = "Bearer ";
    private const string ActorHeader = "x-keyservice-actor";
    private const int MaxActorLength = 128;

    /// <summary>Completes at once when memory knows the credential.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED, at once or later.</exception>
    /// <exception cref="IssuerUnavailableException">Nothing is known of the issuer, and it did not answer in time.</exception>
    public ValueTask<Caller> AuthenticateAsync(HttpContext http, in CallBudget budget, CancellationToken cancellation)
    {
        if (!TryReadCredential(http.Request.Headers, out var credential))
            throw string.IsNullOrEmpty(http.Request.Headers.Authorization.FirstOrDefault()) ? GrpcErrors.NoCredential() : GrpcErrors.BadCredential();

        if (jwts is not null && JwtCallers.IsJwt(credential.Span))
            return Later(jwts.ValidateAsync(credential.ToString(), budget, cancellation), http);

        var check = credentials.ValidateAsync(
            credential, http.Features.Get<LastCredential>(), addresses.Of(http, credential.Span), budget, cancellation);
        return check.IsCompletedSuccessfully ? new(ToCaller(check.Result, http)) : Later(check, http);
    }

    /// <summary>What is presented as a credential: once, and by the one scheme.</summary>
    public static bool TryReadCredential(IHeaderDictionary headers, out ReadOnlyMemory<char> credential)
    {
        credential = default;
        var values = headers.Authorization;
        if (values.Count != 1 || values[0] is not { } header || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        credential = header.AsMemory(Scheme.Length);
        return true;
    }

    /// <summary>Whether the caller says on whose behalf it calls.</summary>
    public static bool HasActor(IHeaderDictionary headers) => headers[ActorHeader].Count > 0;

    private static async ValueTask<Caller> Later(ValueTask<Credential?> check, HttpContext http) => ToCaller(await check, http);

    private static Caller ToCaller(Credential? credential, HttpContext http) =>
        credential is null ? throw GrpcErrors.BadCredential() : new(credential.KeyId, credential.Rights, OnBehalfOf(http));

    private static string OnBehalfOf(HttpContext http)
    {
        var actors = http.Request.Headers[ActorHeader];
        if (actors.Count == 0) return "";
        var violations = new Violations();
        if (actors.Count > 1) violations.Add(ActorHeader, "must be given once");
        violations.Text(ActorHeader, actors[0] ?? "", MaxActorLength, multiline: false);
        violations.ThrowIfAny();
        return actors[0] ?? "";
    }
}
