using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Stores;

/// <summary>Which engine a half of the suite runs on.</summary>
public enum Engine
{
    Sqlite,
    SqlServer,
}

/// <summary>Tests that hold on each engine: a class of them, and under it a half for each. Every test has a database of its own.</summary>
public abstract class StoreTests(Engine engine) : IAsyncLifetime
{
    internal static readonly Requester Requester = new(new Actor("key_requester", "someone"), CredentialRights.None);

    private TestStore? _store;

    internal TestStore Store => _store!;

    /// <summary>Whether the schema is there before the test begins.</summary>
    protected virtual bool Migrated => true;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(
            engine == Engine.Sqlite || SqlServerTestStore.Master is not null,
            $"No SQL Server: set {SqlServerTestStore.Variable} to a connection string to its database master.");
        _store = engine == Engine.Sqlite ? new SqliteTestStore() : new SqlServerTestStore();
        if (Migrated) await Store.PrepareAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null) await _store.DisposeAsync();
    }

    internal static KeyRequest Request(string workspaceId = "w1", string name = "a key", string description = "", bool nonRecoverable = false) => new()
    {
        WorkspaceId = workspaceId,
        Name = name,
        Description = description,
        Environment = KeyEnvironment.Live,
        Scopes = [],
        AllowedAddresses = [],
        PermittedWorkspaces = [],
        Metadata = new Dictionary<string, string>(),
        ExpireTime = null,
        NonRecoverable = nonRecoverable,
    };

    internal Task<IssuedKey> CreateAsync(KeyRequest request, string requestId = "", Requester? requester = null) =>
        Store.Issuer.CreateAsync(request, requestId, requester ?? Requester, CancellationToken.None);

    internal Task<(KeyView Key, PropagationReport Propagation)> SetStatusAsync(
        KeyRecord key, KeyStatus status, string etag = "", string reason = "because") => Store.Statuses.ChangeAsync(
            new(key.WorkspaceId, key.KeyId, status, reason, etag, PropagationWait: null), Requester.Actor, CredentialRights.None, DateTime.MaxValue, CancellationToken.None);

    internal async Task<KeyRecord> GetAsync(KeyRecord key) =>
        (await Store.Queries.GetAsync(key.WorkspaceId, key.KeyId, CancellationToken.None)).Key;

    internal async Task<List<KeyView>> ListAllAsync(KeyList list)
    {
        var all = new List<KeyView>();
        do
        {
            var (keys, end) = await Store.Queries.ListAsync(list, CancellationToken.None);
            keys.Count.ShouldBeLessThanOrEqualTo(list.Count);
            all.AddRange(keys);
            list = list with { After = end };
        }
        while (list.After is not null);
        return all;
    }

    internal Task<int> CountKeysAsync() => Store.WithContextAsync(context => context.ApiKeys.CountAsync());
}
