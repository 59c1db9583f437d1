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

/// <summary>Checks the credential of every call, every time. A bad one costs a parse and a hash, and learns nothing.</summary>
internal sealed class Callers(CredentialValidator credentials, TimeProvider time)
{
    private const string Scheme = "Bearer ";
    private const string ActorHeader = "x-keyservice-actor";
    private const int MaxActorLength = 128;

    /// <summary>As long as a change may take. The budget of validation is for who must answer a customer at once.</summary>
    private static readonly TimeSpan ManagementBound = TimeSpan.FromSeconds(10);

    /// <summary>Completes at once when memory knows the credential. Bounded by the budget of validation, or the call's longer deadline.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED, at once or later.</exception>
    public ValueTask<Caller> AuthenticateAsync(ServerCallContext call) => AuthenticateAsync(call, call.Deadline);

    /// <summary>The same for a management call, which without a deadline of its own can wait for the database.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED, at once or later.</exception>
    public ValueTask<Caller> AuthenticateManagerAsync(ServerCallContext call) =>
        AuthenticateAsync(call, call.Deadline == DateTime.MaxValue ? time.GetUtcNow().UtcDateTime + ManagementBound : call.Deadline);

    private ValueTask<Caller> AuthenticateAsync(ServerCallContext call, DateTime deadline)
    {
        var http = call.GetHttpContext();
        var headers = http.Request.Headers.Authorization;
        if (headers.Count == 0 || headers[0] is not { Length: > 0 } header) throw GrpcErrors.NoCredential();
        if (headers.Count > 1 || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) throw GrpcErrors.BadCredential();

        var check = credentials.ValidateAsync(
            header.AsMemory(Scheme.Length), http.Features.Get<LastCredential>(), http.Connection.RemoteIpAddress, deadline,
            call.CancellationToken);
        return check.IsCompletedSuccessfully ? new(ToCaller(check.Result, http)) : Later(check, http);
    }

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
