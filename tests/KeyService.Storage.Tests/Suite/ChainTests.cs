using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

/// <summary>Chains of events, for the tests about them.</summary>
public abstract class ChainTests(Engine engine) : StoreTests(engine)
{
    private protected async Task<List<KeyRecord>> MakeAsync(string workspaceId, int events)
    {
        var keys = new List<KeyRecord>();
        for (var i = 0; i < events; i++)
        {
            Store.Time.Advance(TimeSpan.FromMilliseconds(1));
            keys.Add((await CreateAsync(Request(workspaceId))).Key);
        }

        return keys;
    }

    private protected Task<long> PurgeAsync() =>
        Store.Get<AuditPurger>().PurgeAsync(Store.Time.GetUtcNow() - TimeSpan.FromDays(5), CancellationToken.None);
}
