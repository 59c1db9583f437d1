using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

/// <summary>A key whose text every process knows by itself: the canary's.</summary>
public abstract class DerivedKeyTests(Engine engine) : StoreTests(engine)
{
    private static readonly KeyRequest CanaryRequest = new()
    {
        WorkspaceId = Workspaces.System, Name = "canary", Description = "", Environment = KeyEnvironment.Live, Scopes = ["keys:validate"], AllowedAddresses = [],
        PermittedWorkspaces = [], Metadata = new Dictionary<string, string>(), ExpireTime = null, NonRecoverable = true,
    };

    private string Text => ApiKeyText.DeriveForCanary("ks", Store.MasterKeys.Current);

    [Fact]
    public async Task Processes_that_want_it_at_once_get_the_same_one()
    {
        var issuers = Enumerable.Range(0, 4).Select(_ => Store.Process().GetRequiredService<KeyIssuer>()).ToList();

        var ids = await Task.WhenAll(issuers.Select(issuer => Task.Run(() => issuer.EnsureAsync(CanaryRequest, Text, Actor.Canary, CancellationToken.None))));
        var again = await Store.Get<KeyIssuer>().EnsureAsync(CanaryRequest, Text, Actor.Canary, CancellationToken.None);

        ids.Append(again).Distinct().ShouldHaveSingleItem();
        var found = await Store.Get<IStorageEngine>().FindKeyAsync(ApiKeyDigest.Of(Text, Store.MasterKeys).ToArray(), CancellationToken.None);
        (found!.KeyId, found.CreatedBy, found.Recoverable).ShouldBe((again, "canary", false));
        (await Store.EventsAsync(Workspaces.System)).ShouldHaveSingleItem().Action.ShouldBe("CreateKey");
    }
}

public sealed class DerivedKeyTestsOnSqlite() : DerivedKeyTests(Engine.Sqlite);

public sealed class DerivedKeyTestsOnSqlServer() : DerivedKeyTests(Engine.SqlServer);
