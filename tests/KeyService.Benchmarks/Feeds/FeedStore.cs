using KeyService.Server.Hosting;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Benchmarks.Feeds;

/// <summary>An embedded store in a folder that is thrown away, and replicas on it: each with an engine, sessions and clocks of its own, as if in a process of its own.</summary>
internal sealed class FeedStore : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("keyservice-feeds-").FullName;

    public static async Task<FeedStore> MakeAsync()
    {
        var store = new FeedStore();
        using var engine = new SqliteEngine(store._directory, TimeProvider.System);
        await engine.MigrateAsync(CancellationToken.None);
        return store;
    }

    /// <summary>Replicas that follow the feed, and have done so for long enough to be in their stride.</summary>
    public async Task<Fleet> StartAsync(int replicas)
    {
        var fleet = new Fleet();
        for (var i = 0; i < replicas; i++) await fleet.AddAsync(_directory);
        await Task.Delay(TimeSpan.FromSeconds(3));
        return fleet;
    }

    public ValueTask DisposeAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Feeds that run.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly List<(ServiceProvider Services, CountedStore Store, SqliteEngine Engine)> _replicas = [];

    public (int Calls, int Statements) Counted => (_replicas.Sum(replica => replica.Store.Calls), _replicas.Sum(replica => replica.Store.Statements));

    public async Task AddAsync(string directory)
    {
        var engine = new SqliteEngine(directory, TimeProvider.System);
        var store = new CountedStore(engine.Replication);
        var options = ServerOptions.Read(new ConfigurationBuilder().AddInMemoryCollection([new(SettingNames.DataDirectory, directory)]).Build());
        var services = new ServiceCollection()
            .AddKeyService(options, engine, new([MasterKey.Derive('1', new byte[MasterKey.SecretSize])]))
            .AddSingleton<IReplicationStore>(store)
            .BuildServiceProvider();
        _replicas.Add((services, store, engine));
        var feed = services.GetRequiredService<FeedLoop>();
        await feed.StartAsync(CancellationToken.None);
        await feed.WhenFollowingAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (services, _, engine) in _replicas)
        {
            await services.GetRequiredService<FeedLoop>().StopAsync(CancellationToken.None);
            await services.DisposeAsync();
            engine.Dispose();
        }
    }
}
