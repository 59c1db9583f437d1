using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>
/// A server with few places, and a database that falls silent when it is told to: calls that need it then stay where they are until it answers again.
/// It is the build with test hooks.
/// </summary>
internal sealed class FullServer : IAsyncDisposable
{
    public const int Places = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly TestStore _store = new(TestEngine.Embedded) { ServerAssembly = Repository.HooksAssembly };
    private readonly string _faults = Path.Combine(Path.GetTempPath(), $"keyservice-database-{Guid.NewGuid():N}");

    private FullServer() => Tell("none");

    public TestServer Server { get; private set; } = null!;

    public TestWorkspace Workspace { get; private set; } = null!;

    /// <summary>A key that memory knows.</summary>
    public CreateKeyResponse Known { get; private set; } = null!;

    /// <summary>A credential that memory knows, whose GetCaller needs no database.</summary>
    public string Credential { get; private set; } = "";

    /// <summary>One caller more than there are permits, since one caller does not get them all. Memory knows them.</summary>
    public IReadOnlyList<string> Callers { get; private set; } = [];

    /// <summary>Keys that only the database knows.</summary>
    public IReadOnlyList<string> Unseen { get; private set; } = [];

    public static async Task<FullServer> StartAsync()
    {
        var full = new FullServer();
        full.Server = await TestServer.StartAsync(
            full._store, ("KeyService__MaxValidations", $"{Places}"), ("KeyService__MaxManagementCalls", $"{Places}"),
            // So that it answers from memory for as long as a test lasts.
            ("KeyService__Lease", "00:10:00"), ("KeyService__TestHooks__DatabaseFaults", full._faults));
        full.Workspace = new(full.Server, SharedServer.NewWorkspace());
        full.Known = await full.Workspace.CreateAsync();
        full.Credential = (await full.Workspace.CreateCredentialAsync(["keys:read", "keys:validate"], [full.Workspace.Id])).ApiKey;
        var unseen = new List<string>();
        for (var i = 0; i < Places + 1; i++) unseen.Add((await full.Workspace.CreateAsync()).ApiKey);
        full.Unseen = unseen;
        var callers = new List<string>();
        for (var i = 0; i < Places + 1; i++) callers.Add((await full.Workspace.CreateCredentialAsync(["keys:read", "keys:validate"], [full.Workspace.Id])).ApiKey);
        full.Callers = callers;
        foreach (var caller in callers.Append(full.Credential))
            await full.Workspace.ValidateAsync(full.Known.ApiKey, caller: TestServer.As(caller));
        return full;
    }

    /// <summary>Until nothing is heard of it, asked at the gRPC port: the places of the other one are free.</summary>
    public Task SilenceDatabaseAsync() => SilenceDatabaseAsync(IsHeardOverGrpcAsync);

    public void WakeDatabase() => Tell("none");

    /// <summary>Takes all permits for management at the gRPC port: one call more than there are, each of another caller, and it is the one that is answered.</summary>
    public Task<Held<GetKeyResponse>> FillManagementAsync() => FillAsync(i => Workspace.Client.GetKeyAsync(
        new() { WorkspaceId = Workspace.Id, KeyId = Known.Key.KeyId }, TestServer.As(Callers[i])));

    public Task<Held<ValidateKeyResponse>> FillValidationAsync() => FillAsync(i => Workspace.Client.ValidateKeyAsync(
        new() { ApiKey = Unseen[i] }, TestServer.As(Callers[i]), TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(50)));

    public async ValueTask DisposeAsync()
    {
        WakeDatabase();
        await Server.DisposeAsync();
        await _store.DisposeAsync();
        File.Delete(_faults);
    }

    private async Task<Held<T>> FillAsync<T>(Func<int, AsyncUnaryCall<T>> call)
    {
        await SilenceDatabaseAsync(IsHeardOverJsonAsync);
        var calls = Enumerable.Range(0, Places + 1).Select(i => call(i).ResponseAsync).ToList();
        var first = await Task.WhenAny(calls);
        calls.Remove(first);
        return new(calls, CallError.From((await Should.ThrowAsync<RpcException>(first))));
    }

    /// <summary>
    /// The server hears of the silence when it looks, and what it sent before is answered or lost. A busy machine is silent now and then: twice in a row it is
    /// the database.
    /// </summary>
    /// <param name="isHeardAsync">Asks at the other port, whose places are others.</param>
    private async Task SilenceDatabaseAsync(Func<Task<bool>> isHeardAsync)
    {
        Tell("silent");
        var unanswered = 0;
        while (unanswered < 2) unanswered = await isHeardAsync() ? 0 : unanswered + 1;
    }

    private async Task<bool> IsHeardOverGrpcAsync()
    {
        try
        {
            await Workspace.Client.GetKeyAsync(
                new() { WorkspaceId = Workspace.Id, KeyId = Known.Key.KeyId }, Server.Root, TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private async Task<bool> IsHeardOverJsonAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{Workspace.Id}/keys/{Known.Key.KeyId}");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Server.RootCredential}");
        try
        {
            using var response = await Server.Http.SendAsync(request, patience.Token);
            return response.IsSuccessStatusCode;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Tell(string fault)
    {
        File.WriteAllText(_faults + ".new", $"1 {fault}");
        File.Move(_faults + ".new", _faults, overwrite: true);
    }

    /// <param name="Calls">Those that hold the places.</param>
    /// <param name="Refusal">What the one too many was told.</param>
    internal sealed record Held<T>(List<Task<T>> Calls, CallError Refusal)
    {
        public bool AreAllWaiting => Calls.TrueForAll(call => !call.IsCompleted);
    }
}
