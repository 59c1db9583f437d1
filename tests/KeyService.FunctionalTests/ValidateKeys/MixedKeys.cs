using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using KeyService.Server.Keys;
using KeyEnvironment = KeyService.Server.Keys.KeyEnvironment;
using KeyStatus = KeyService.Contracts.V1.KeyStatus;

namespace KeyService.FunctionalTests.ValidateKeys;

/// <summary>API keys of every kind that a verdict tells apart, and texts that are none, in two workspaces.</summary>
internal sealed class MixedKeys
{
    private static readonly TimeSpan ExpiryBound = TimeSpan.FromSeconds(20);

    private MixedKeys(TestWorkspace workspace, TestWorkspace other) => (Workspace, Other) = (workspace, other);

    public TestWorkspace Workspace { get; }

    public TestWorkspace Other { get; }

    /// <summary>By kind; asked alone, none of them is answered UNAVAILABLE.</summary>
    public Dictionary<string, string> ApiKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>Takes some seconds: one of them expires.</summary>
    public static async Task<MixedKeys> CreateAsync(TestServer server)
    {
        var keys = new MixedKeys(new(server, SharedServer.NewWorkspace()), new(server, SharedServer.NewWorkspace()));
        var soon = DatabaseSpeed.Longer(TimeSpan.FromSeconds(2), connections: 4);
        var expiring = await keys.AddAsync("expired", keys.Workspace, key => key.ExpireTime = TestWorkspace.In(soon));
        await keys.AddAsync("plain", keys.Workspace);
        await keys.AddAsync("with everything", keys.Workspace, key =>
        {
            key.Environment = Contracts.V1.KeyEnvironment.Test;
            key.Scopes.Add(["orders.*", "balance.read"]);
            key.AllowedAddresses.Add("10.0.0.0/8");
            key.Metadata["team"] = "wallet";
            key.ExpireTime = TestWorkspace.In(TimeSpan.FromDays(1));
        });
        await keys.AddAsync("of the other workspace", keys.Other);
        var disabled = await keys.AddAsync("disabled", keys.Workspace);
        await keys.Workspace.SetStatusAsync(disabled.Key.KeyId, KeyStatus.Disabled);
        keys.AddThoseThatAreNone(server);
        await Eventually.Get(
            () => keys.Workspace.ValidateAsync(expiring.ApiKey), answer => answer.Verdict == Verdict.Expired, ExpiryBound);
        return keys;
    }

    private async Task<CreateKeyResponse> AddAsync(string kind, TestWorkspace workspace, Action<CreateKeyRequest>? change = null)
    {
        var created = await workspace.CreateAsync(change);
        ApiKeys[kind] = created.ApiKey;
        return created;
    }

    private void AddThoseThatAreNone(TestServer server)
    {
        var plain = ApiKeys["plain"];
        ApiKeys["unknown"] = ApiKeyText.Generate("ks", KeyEnvironment.Live, MasterKeyOf(server.Store));
        ApiKeys["wrong tag"] = ApiKeyText.Generate("ks", KeyEnvironment.Live, MasterKey.Derive('1', new byte[MasterKey.SecretSize]));
        ApiKeys["wrong checksum"] = plain[..^1] + (plain[^1] == 'a' ? 'b' : 'a');
        ApiKeys["cut"] = plain[..^3];
        ApiKeys["empty"] = "";
        ApiKeys["not ASCII"] = plain[..20] + "１" + plain[21..];
        ApiKeys["a credential"] = server.RootCredential;
    }

    private static MasterKey MasterKeyOf(TestStore store) => MasterKey.Derive('1', Convert.FromBase64String(
        store.UsesSqlServer ? store.MasterKey : File.ReadAllText(Path.Combine(store.DataDirectory, "master-key")).Trim()));
}
