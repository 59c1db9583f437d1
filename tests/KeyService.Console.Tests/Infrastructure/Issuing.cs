using KeyService.Contracts.V1;

namespace KeyService.AdminConsole.Tests.Infrastructure;

/// <summary>What a test needs to be there before a person comes.</summary>
internal static class Issuing
{
    public static string NewWorkspace() => $"w-{Guid.NewGuid():N}";

    public static async Task<CreateKeyResponse> IssueAsync(
        this TestServer server, string workspace, string name, Action<CreateKeyRequest>? change = null)
    {
        var request = new CreateKeyRequest { WorkspaceId = workspace, Name = name };
        change?.Invoke(request);
        return await server.Client.CreateKeyAsync(request, server.Root);
    }

    /// <summary>To sign in with, for who may do less.</summary>
    public static async Task<string> IssueCredentialAsync(this TestServer server, string[] permissions, params string[] workspaces) =>
        (await server.IssueAsync("system", "a person", request =>
        {
            request.Scopes.Add(permissions);
            request.PermittedWorkspaces.Add(workspaces);
        })).ApiKey;

    public static async Task<Key> GetAsync(this TestServer server, Key key) =>
        (await server.Client.GetKeyAsync(new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId }, server.Root)).Key;

    public static async Task<IReadOnlyList<Key>> ListAsync(this TestServer server, string workspace) =>
        (await server.Client.ListKeysAsync(new() { WorkspaceId = workspace, PageSize = 500 }, server.Root)).Keys;

    public static async Task<SetStatusResponse> SwitchAsync(this TestServer server, Key key, KeyStatus status, string reason = "") =>
        await server.Client.SetStatusAsync(new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId, Status = status, Reason = reason }, server.Root);
}
