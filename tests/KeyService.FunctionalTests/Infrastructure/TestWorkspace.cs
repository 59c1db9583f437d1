using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using KeyService.Contracts.V1;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>A workspace of a test's own, and what tests do in it most.</summary>
internal sealed record TestWorkspace(TestServer Server, string Id)
{
    /// <summary>In the order in which the service lists them.</summary>
    public static readonly string[] AllPermissions =
        ["keys:read", "keys:write", "keys:reveal", "keys:audit", "keys:validate", "keys:admin"];

    public ApiKeyService.ApiKeyServiceClient Client => Server.Client;

    public Metadata Root => Server.Root;

    public static TestWorkspace New(SharedServer shared) => new(shared.Server, SharedServer.NewWorkspace());

    public static Timestamp In(TimeSpan span) => Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + span);

    public CreateKeyRequest KeyRequest(Action<CreateKeyRequest>? change = null)
    {
        var request = new CreateKeyRequest { WorkspaceId = Id, Name = "Trading bot" };
        change?.Invoke(request);
        return request;
    }

    public async Task<CreateKeyResponse> CreateAsync(Action<CreateKeyRequest>? change = null) =>
        await Client.CreateKeyAsync(KeyRequest(change), Root);

    public Task<CallError> CreateFailsAsync(Action<CreateKeyRequest> change, Metadata? caller = null) =>
        CallError.Of(Client.CreateKeyAsync(KeyRequest(change), caller ?? Root));

    public async Task<ValidateKeyResponse> ValidateAsync(string apiKey, Action<ValidateKeyRequest>? change = null, Metadata? caller = null)
    {
        var request = new ValidateKeyRequest { ApiKey = apiKey };
        change?.Invoke(request);
        return await Client.ValidateKeyAsync(request, caller ?? Root);
    }

    /// <summary>COMPLETE, if ever: a busy machine may take longer than the 2 s that the service waits by itself.</summary>
    public async Task<SetStatusResponse> SetStatusAsync(string keyId, KeyStatus status, string reason = "", string etag = "") =>
        await Client.SetStatusAsync(
            new() { WorkspaceId = Id, KeyId = keyId, Status = status, Reason = reason, Etag = etag, PropagationWait = new() { Seconds = 30 } }, Root);

    public async Task<Key> GetAsync(string keyId) =>
        (await Client.GetKeyAsync(new() { WorkspaceId = Id, KeyId = keyId }, Root)).Key;

    /// <summary>The first page, of at most 500.</summary>
    public async Task<IReadOnlyList<Key>> ListAsync(Action<ListKeysRequest>? change = null)
    {
        var request = new ListKeysRequest { WorkspaceId = Id, PageSize = 500 };
        change?.Invoke(request);
        return (await Client.ListKeysAsync(request, Root)).Keys;
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<AuditEvent>> AuditAsync(string keyId = "") =>
        (await Client.ListAuditEventsAsync(new() { WorkspaceId = Id, KeyId = keyId, PageSize = 500 }, Root)).Events;

    /// <summary>A new credential for this workspace alone, with these permissions.</summary>
    public async Task<Metadata> CallerAsync(params string[] permissions) =>
        TestServer.As((await CreateCredentialAsync(permissions, [Id])).ApiKey);

    public async Task<CreateKeyResponse> CreateCredentialAsync(
        IEnumerable<string> permissions, IEnumerable<string> workspaces, Action<CreateKeyRequest>? change = null)
    {
        var request = new CreateKeyRequest { WorkspaceId = "system", Name = $"for {Id}" };
        request.Scopes.Add(permissions);
        request.PermittedWorkspaces.Add(workspaces);
        change?.Invoke(request);
        return await Client.CreateKeyAsync(request, Root);
    }
}
