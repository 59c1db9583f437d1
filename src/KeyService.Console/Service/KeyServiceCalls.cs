using System.Net;
using System.Security.Claims;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using KeyService.AdminConsole.SignIn;
using KeyService.Contracts.V1;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;

namespace KeyService.AdminConsole.Service;

/// <summary>The contract, called as the person who is signed in. Every failure is a <see cref="CallProblem"/>.</summary>
public sealed class KeyServiceCalls(
    ServiceChannel channel, AuthenticationStateProvider authentication, EndedSessions ended, LiveSessions live, CircuitActivity activity, IJSRuntime js)
{
    public const int PageSize = 25;

    public Task<GetCallerResponse> GetCallerAsync(string workspaceId, CancellationToken cancellation = default) =>
        CallAsync((client, options) => client.GetCallerAsync(new() { WorkspaceId = workspaceId }, options), cancellation);

    public Task<ListKeysResponse> ListKeysAsync(ListKeysRequest request, CancellationToken cancellation) =>
        CallAsync((client, options) => client.ListKeysAsync(request, options), cancellation);

    public async Task<Key> GetKeyAsync(string workspaceId, string keyId, CancellationToken cancellation = default) =>
        (await CallAsync((client, options) => client.GetKeyAsync(new() { WorkspaceId = workspaceId, KeyId = keyId }, options), cancellation)).Key;

    public Task<CreateKeyResponse> CreateKeyAsync(CreateKeyRequest request) =>
        CallAsync((client, options) => client.CreateKeyAsync(request, options));

    public Task<SetStatusResponse> SetStatusAsync(Key key, KeyStatus status, string reason, string etag, TimeSpan? wait = null) => CallAsync((client, options) =>
        client.SetStatusAsync(
            new()
            {
                WorkspaceId = key.WorkspaceId, KeyId = key.KeyId, Status = status, Reason = reason, Etag = etag,
                PropagationWait = wait is { } time ? Duration.FromTimeSpan(time) : null,
            },
            options));

    /// <summary>The API key itself: for the clipboard, and nothing else.</summary>
    public async Task<string> RevealKeyAsync(Key key) =>
        (await CallAsync((client, options) => client.RevealKeyAsync(new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId }, options))).ApiKey;

    public Task<ListAuditEventsResponse> ListAuditEventsAsync(string workspaceId, string keyId, string pageToken, CancellationToken cancellation) => CallAsync(
        (client, options) => client.ListAuditEventsAsync(
            new() { WorkspaceId = workspaceId, KeyId = keyId, PageSize = PageSize, PageToken = pageToken }, options),
        cancellation);

    /// <summary>Whether a credential holds for a person at that address, before there is a session for it.</summary>
    public static async Task<GetCallerResponse> CheckAsync(ServiceChannel channel, string credential, IPAddress? address, CancellationToken cancellation)
    {
        try
        {
            var caller = await channel.Client.GetCallerAsync(new(), channel.CallAs(credential, address, actor: null, cancellation));
            channel.Answered();
            return caller;
        }
        catch (RpcException e)
        {
            throw channel.Explain(e);
        }
    }

    private async Task<T> CallAsync<T>(Func<ApiKeyService.ApiKeyServiceClient, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation = default)
    {
        var person = (await authentication.GetAuthenticationStateAsync()).User;
        if (live.CredentialOf(person) is not { } credential || (activity.IsIdle && live.IsIdle(person)) || !await ended.HoldsAsync(person)) throw await EndedAsync();
        try
        {
            return await CallAsync(call, person, credential, cancellation);
        }
        catch (CallProblem problem) when (problem.Kind == ProblemKind.SignedOut)
        {
            // What was refused was not done: with a newer token it is sent once more.
            if (await RenewAsync(person, credential) is not { } newer) throw await EndedAsync();
            credential = newer;
        }

        try
        {
            return await CallAsync(call, person, credential, cancellation);
        }
        catch (CallProblem problem) when (problem.Kind == ProblemKind.SignedOut)
        {
            throw await EndedAsync();
        }
    }

    private async Task<T> CallAsync<T>(
        Func<ApiKeyService.ApiKeyServiceClient, CallOptions, AsyncUnaryCall<T>> call, ClaimsPrincipal person, string credential, CancellationToken cancellation)
    {
        try
        {
            var answer = await call(channel.Client, channel.CallAs(credential, PersonAddress.Of(person), Person.ActorOf(person), cancellation));
            channel.Answered();
            return answer;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
        catch (RpcException e)
        {
            throw channel.Explain(e);
        }
    }

    /// <summary>
    /// A token in the place of the one that was refused; null: there is none. The page asks with its cookie, not this process with what it remembers: what gets
    /// the next token is in the cookie alone, and may be good once, at whichever replica.
    /// </summary>
    private async Task<string?> RenewAsync(ClaimsPrincipal person, string refused)
    {
        if (!Person.IsNamedByIssuer(person)) return null;
        if (live.CredentialOf(person) == refused) await js.TryCallAsync("keyservice.renew");
        var newest = live.CredentialOf(person);
        return newest == refused ? null : newest;
    }

    /// <summary>The page goes to <see cref="SessionEndpoints.AgainPath"/>, or says what happened while it has what would be lost (<c>console.js</c>).</summary>
    private async Task<CallProblem> EndedAsync()
    {
        await js.TryCallAsync("keyservice.sessionEnded");
        return new(ProblemKind.SignedOut, "Your session has ended. Sign in again.", new Dictionary<string, string>(StringComparer.Ordinal));
    }
}
