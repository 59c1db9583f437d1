using System.Net;
using Grpc.Core;
using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

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

/// <summary>What authentication came to: a caller, unless there is a refusal.</summary>
internal readonly record struct CallerCheck(Caller Caller, FixedError? Refusal);

/// <summary>
/// Checks the credential of every call, every time: an API key of workspace <c>system</c>, or a JWT where an issuer is configured. A bad one costs a parse
/// and a hash, or a signature's check, and learns nothing.
/// </summary>
/// <param name="credentials">Knows the API keys.</param>
/// <param name="addresses">From where each call comes.</param>
/// <param name="time">Bounds waits.</param>
/// <param name="jwts">Knows the JWTs; null without an issuer.</param>
internal sealed class Callers(CredentialValidator credentials, CallerAddress addresses, TimeProvider time, JwtCallers? jwts = null)
{
    private const string Scheme = "Bearer ";
    private const string ActorHeader = "x-keyservice-actor";
    private const int MaxActorLength = 128;

    /// <summary>How long an authentication is good for the same call: longer than a body takes that was sent with its headers.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(100);

    /// <summary>Completes at once when memory knows the credential. What the caller did wrong is returned.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the actor, of a caller whose credential holds.</exception>
    /// <exception cref="StoreUnavailableException">The database is needed and did not answer in time.</exception>
    /// <exception cref="OverloadedException">The database is needed and has too much to do.</exception>
    public ValueTask<CallerCheck> CheckAsync(HttpContext http, in CallBudget budget, CancellationToken cancellation)
    {
        if (!TryReadCredential(http.Request.Headers, out var credential))
            return new(new CallerCheck(default, string.IsNullOrEmpty(http.Request.Headers.Authorization.FirstOrDefault()) ? FixedError.NoCredential : FixedError.BadCredential));

        if (jwts is not null && JwtCallers.IsJwt(credential.Span))
        {
            var check = jwts.ValidateAsync(credential.ToString(), http.Features.GetRequiredFeature<ConnectionQuota>(), budget, cancellation);
            return check.IsCompletedSuccessfully ? new(OfJwt(check.Result, http)) : LaterByJwt(check, http);
        }

        var address = addresses.Of(http, credential.Span);
        return credentials.TryValidateAtOnce(credential, http.Features.Get<LastCredential>(), address, budget.Arrival, out var held)
            ? new(ToCaller(CredentialCheck.Of(held), http))
            : Later(LookUpAsync(credential, address, http, budget, cancellation), http);
    }

    /// <summary>
    /// The caller of an admitted call. Its credential is checked again when that was a while ago: a body may take seconds, and the credential may have been
    /// switched off meanwhile.
    /// </summary>
    /// <exception cref="RpcException">UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNAVAILABLE.</exception>
    public ValueTask<Caller> ConfirmAsync(HttpContext http, in CallBudget budget, CancellationToken cancellation) =>
        http.Features.Get<AdmittedCall>() is not { } admitted ? throw GrpcErrors.NoCredential()
        : time.GetElapsedTime(admitted.Authenticated) < Recent ? new(admitted.Caller)
        : CheckAgainAsync(http, budget, cancellation);

    private async ValueTask<Caller> CheckAgainAsync(HttpContext http, CallBudget budget, CancellationToken cancellation)
    {
        var check = await CheckAsync(http, budget, cancellation);
        return check.Refusal is { } refusal ? throw refusal.ToException(http.GetEndpoint()?.Metadata.GetMetadata<CallRules>()?.Class ?? CallClass.Management) : check.Caller;
    }

    /// <summary>Redis or the database has to be asked.</summary>
    private async ValueTask<CredentialCheck> LookUpAsync(ReadOnlyMemory<char> credential, IPAddress? address, HttpContext http, CallBudget budget, CancellationToken cancellation)
    {
        var cold = http.Features.GetRequiredFeature<CallPermits>().Cold;
        using var turn = await cold.EnterAsync(credential.ToString(), budget.Left(credentials.Budget, time), cancellation);
        return turn is null
            ? CredentialCheck.Refused(FixedError.TooManyCredentials)
            : CredentialCheck.Of(await credentials.ValidateAsync(credential, http.Features.Get<LastCredential>(), address, budget, cancellation));
    }

    /// <summary>What is presented as a credential: once, and by the one scheme.</summary>
    public static bool TryReadCredential(IHeaderDictionary headers, out ReadOnlyMemory<char> credential)
    {
        credential = default;
        var values = headers.Authorization;
        if (values.Count != 1 || values[0] is not { } header || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        // One space or more (RFC 9110, 11.4).
        var start = Scheme.Length;
        while (start < header.Length && header[start] == ' ') start++;
        credential = header.AsMemory(start);
        return true;
    }

    /// <summary>Whether the caller says on whose behalf it calls.</summary>
    public static bool HasActor(IHeaderDictionary headers) => headers[ActorHeader].Count > 0;

    private static async ValueTask<CallerCheck> Later(ValueTask<CredentialCheck> check, HttpContext http) => ToCaller(await check, http);

    private static async ValueTask<CallerCheck> LaterByJwt(ValueTask<CredentialCheck> check, HttpContext http) => OfJwt(await check, http);

    private static CallerCheck OfJwt(in CredentialCheck check, HttpContext http)
    {
        if (check.Held is { } held) http.Features.Get<LastCredential>()?.NoteValid(held.KeyId);
        return ToCaller(check, http);
    }

    private static CallerCheck ToCaller(in CredentialCheck check, HttpContext http) =>
        check.Held is { } credential ? new(new(credential.KeyId, credential.Rights, OnBehalfOf(http)), Refusal: null) : new(default, check.Refusal);

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
