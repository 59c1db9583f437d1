using System.Diagnostics;
using System.Globalization;
using System.Net;
using Grpc.Core;
using KeyService.Testing.Faults;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Rig;

/// <summary>
/// Real replicas in processes of their own, on one database and one real redis-server, each with a <see cref="FaultProxy"/> before Redis, and
/// before the database where that has a socket. Disposing it fails when a replica logged an error that nobody expected.
/// </summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    private readonly ClusterOptions _options;
    private readonly IPEndPoint? _database;
    private readonly List<Replica> _replicas = [];
    private Metadata? _root;

    private ClusterRig(ClusterOptions options)
    {
        _options = options;
        Store = new(folder: options.StoreFolder);
        _database = DatabaseProxies.EndPointOf(Store);
    }

    /// <summary>How many replicas a cluster has; <c>KEYSERVICE_CLUSTER_REPLICAS</c> says otherwise.</summary>
    public static int Replicas { get; } =
        Environment.GetEnvironmentVariable("KEYSERVICE_CLUSTER_REPLICAS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 3;

    public TestStore Store { get; }

    public RedisServer Redis { get; } = new();

    public IReadOnlyList<Replica> All => _replicas;

    /// <summary>The one that most faults are done to. Clients do not know that.</summary>
    public Replica Last => _replicas[^1];

    /// <summary>The root credential as call metadata.</summary>
    public Metadata Root => _root ??= TestServer.As(File.ReadAllText(Store.RootCredentialFile).Trim());

    /// <summary>Faults of the load before: outages go on for as long after them as healing may take.</summary>
    public IReadOnlyList<FaultWindow> HealedFaults { get; set; } = [];

    public Replica this[int replica] => _replicas[replica];

    public static async Task<ClusterRig> StartAsync(ClusterOptions? options = null)
    {
        var rig = new ClusterRig(options ?? new());
        try
        {
            await rig.Redis.StartAsync();
            await PreparedStore.MakeAsync(rig.Store);
            for (var i = 0; i < Replicas; i++) rig._replicas.Add(rig.NewReplica(i));
            await rig.StartAllAsync();
            foreach (var replica in rig._replicas) await replica.WhenConnectedToRedisAsync();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command of the server on the store; it must succeed.</summary>
    public async Task RunAsync(string command)
    {
        var (code, output) = await TestServer.RunAsync(command, Store);
        code.ShouldBe(0, output);
    }

    /// <summary>Every replica, with SIGTERM.</summary>
    public async Task TerminateAllAsync()
    {
        foreach (var code in await Task.WhenAll(_replicas.Select(replica => replica.TerminateAsync()))) code.ShouldBe(0);
    }

    /// <summary>Every replica, with SIGKILL.</summary>
    public Task KillAllAsync() => Task.WhenAll(_replicas.Select(replica => replica.KillAsync()));

    public Task StartAllAsync() => Task.WhenAll(_replicas.Select(replica => replica.StartAsync()));

    /// <summary>Every replica's way to Redis.</summary>
    public void RedisFails(ProxyFault fault, TimeSpan delay = default, TimeSpan jitter = default)
    {
        foreach (var replica in _replicas) replica.Redis.Set(new ProxyMode(fault, delay, jitter));
    }

    /// <summary>Every replica's way to the database; takes <see cref="ClusterOptions.DatabaseFaults"/>.</summary>
    public void DatabaseFails(DatabaseFault fault)
    {
        foreach (var replica in _replicas) replica.DatabaseFails(fault);
    }

    public void DatabaseWorks() => DatabaseFails(DatabaseFault.None);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(_replicas.Select(replica => replica.DisposeAsync().AsTask()));
        }
        finally
        {
            await Redis.DisposeAsync();
            await Store.DisposeAsync();
        }

        ShouldHaveLoggedNoErrors();
    }

    /// <exception cref="InvalidOperationException">Since it was asked for the last time, a replica logged an error.</exception>
    public void ShouldHaveLoggedNoErrors()
    {
        var errors = _replicas.SelectMany(replica => LoggedErrors.Of(replica.TakeNewOutput())).ToList();
        if (errors.Count > 0) throw new InvalidOperationException("Replicas logged errors:\n" + string.Join('\n', errors));
    }

    private Replica NewReplica(int number)
    {
        var redis = new FaultProxy(new(IPAddress.Loopback, Redis.Port), (ulong)number + 1);
        var database = _database is null ? null : new FaultProxy(_database, (ulong)number + 100);
        return new(number, redis, database, _options.DatabaseFaults ? new(number + 1) : null, Command);
    }

    private ProcessStartInfo Command(Replica replica)
    {
        List<(string Name, string Value)> settings =
        [
            .. _options.IsLongLived ? [] : TestServer.ShortLived,
            ("KeyService__HttpPort", $"{replica.HttpPort}"), ("KeyService__GrpcPort", $"{replica.GrpcPort}"),
            ("KeyService__Lease", "00:00:03"), ("KeyService__PropagationWait", "00:00:00.200"),
            ("ConnectionStrings__Redis", $"127.0.0.1:{replica.Redis.Port}"),
            .. _options.Settings,
        ];
        if (replica.Database is { } database) settings.Add(DatabaseProxies.Setting(Store, database));
        if (_options.RuleOff is { } rule) settings.Add(("KeyService__TestHooks__RuleOff", rule));
        if (_options.ClockOffset != TimeSpan.Zero && replica.Number == Replicas - 1)
            settings.Add(("KeyService__TestHooks__ClockOffset", _options.ClockOffset.ToString("c", CultureInfo.InvariantCulture)));
        var start = TestServer.Command("serve", Store, [.. settings]);
        if (_options.NeedsHooks) start.ArgumentList[0] = Repository.HooksAssembly;
        return start;
    }
}
