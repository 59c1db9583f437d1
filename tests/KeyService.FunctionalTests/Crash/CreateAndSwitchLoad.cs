using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Crash;

/// <summary>What a client knows of a key that it asked for.</summary>
/// <param name="request">What was asked, with its request id.</param>
internal sealed class AskedKey(CreateKeyRequest request)
{
    public CreateKeyRequest Request { get; } = request;

    /// <summary>Null: the answer was lost.</summary>
    public CreateKeyResponse? Answer { get; set; }

    /// <summary>Of the last change that was answered.</summary>
    public KeyStatus Status { get; set; } = KeyStatus.Enabled;

    /// <summary>A change whose answer was lost: both outcomes are allowed.</summary>
    public bool InDoubt { get; set; }

    /// <summary>Changes that were answered.</summary>
    public int Changes { get; set; }
}

/// <summary>A client with a workspace of its own: creates keys and switches them, one call after the other, until its server is gone.</summary>
internal sealed class CreateAndSwitchLoad(Seeded random)
{
    private int _requests;

    public string Workspace { get; } = SharedServer.NewWorkspace();

    public List<AskedKey> Keys { get; } = [];

    /// <param name="server">What is called.</param>
    /// <param name="answered">Told of each answer.</param>
    public async Task RunAsync(TestServer server, Action answered)
    {
        var root = server.Root;
        try
        {
            while (true)
            {
                if (Keys.Count == 0 || random.Below(3) == 0) await CreateAsync(server, root);
                else await SwitchAsync(server, Keys[random.Below(Keys.Count)], root);
                answered();
            }
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled)
        {
            // The process is gone, and with it what it would have answered.
        }
    }

    private async Task CreateAsync(TestServer server, Metadata root)
    {
        var key = new AskedKey(new() { WorkspaceId = Workspace, Name = $"key {++_requests}", RequestId = $"{Workspace}-{_requests}" });
        Keys.Add(key);
        key.Answer = await server.Client.CreateKeyAsync(key.Request, root);
    }

    private async Task SwitchAsync(TestServer server, AskedKey key, Metadata root)
    {
        if (key.Answer is null || key.InDoubt) return;
        var wanted = key.Status == KeyStatus.Enabled ? KeyStatus.Disabled : KeyStatus.Enabled;
        key.InDoubt = true;
        // PENDING while the lease of the process that was killed before runs: acknowledged all the same.
        await server.Client.SetStatusAsync(
            new() { WorkspaceId = Workspace, KeyId = key.Answer.Key.KeyId, Status = wanted, Reason = $"change {key.Changes + 1}" }, root);
        (key.Status, key.InDoubt) = (wanted, false);
        key.Changes++;
    }
}
