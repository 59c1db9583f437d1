using System.Security.Cryptography;
using KeyService.Server.Audit;
using KeyService.Server.Hosting;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Storage.Tests.Stores;

/// <summary>A database of its own, with the services of one process on it. Gone when disposed.</summary>
internal abstract class TestStore : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _providers = [];
    private readonly List<IStorageEngine> _engines = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-storage-");
    private ServiceProvider? _services;
    private InterceptedEngine? _engine;

    public string Folder => _folder.FullName;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2027, 3, 4, 5, 6, 7, TimeSpan.Zero).AddTicks(1_234_560));

    public MasterKeys MasterKeys { get; } = new([NewMasterKey('1')]);

    public ServerOptions Options => new()
    {
        BindAddress = System.Net.IPAddress.Loopback,
        HttpPort = 8080,
        GrpcPort = 8081,
        Tls = false,
        DataDirectory = Folder,
        RootCredentialFile = Path.Combine(Folder, "root-credential"),
        Roles = Roles.All,
        SqlServer = null,
        Lookup = new(),
        Issuance = new(),
        Replica = new(),
        AuditRetention = TimeSpan.FromDays(400),
    };

    /// <summary>The engine that the services use: the real one, with places to fail at.</summary>
    public InterceptedEngine Engine => _engine ??= new(CreateEngine(), ContextWith);

    public IServiceProvider Services => _services ??= Process();

    public KeyStore Store => Get<KeyStore>();

    public KeyIssuer Issuer => Get<KeyIssuer>();

    public StatusChanger Statuses => Get<StatusChanger>();

    public KeyQueries Queries => Get<KeyQueries>();

    /// <summary>What this process remembers of changed keys; everything up to revision 0 has been applied.</summary>
    public Floors Floors
    {
        get
        {
            var floors = Get<Belief>().Current.Floors;
            if (!floors.HasBase) floors.RaiseBase(0);
            return floors;
        }
    }

    /// <summary>Makes the schema.</summary>
    public virtual Task PrepareAsync() => Engine.MigrateAsync(CancellationToken.None);

    /// <summary>The real engine as one more process has it.</summary>
    public IStorageEngine NewEngine()
    {
        var engine = CreateEngine();
        _engines.Add(engine);
        return engine;
    }

    /// <summary>The real engine, anew.</summary>
    public abstract IStorageEngine CreateEngine();

    /// <summary>A context of the real engine with more interceptors.</summary>
    public abstract KeyDbContext ContextWith(params IInterceptor[] interceptors);

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    /// <summary>The services of one more process on this database.</summary>
    public ServiceProvider Process(
        MasterKeys? masterKeys = null, ServerOptions? options = null, IStorageEngine? engine = null, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection().AddKeyService(options ?? Options, engine ?? Engine, masterKeys ?? MasterKeys)
            .AddSingleton<TimeProvider>(Time);
        more?.Invoke(services);
        var provider = services.BuildServiceProvider();
        _providers.Add(provider);
        return provider;
    }

    public static MasterKey NewMasterKey(char generation) =>
        MasterKey.Derive(generation, RandomNumberGenerator.GetBytes(MasterKey.SecretSize));

    /// <summary>Straight into the database, past the service: to look, and to damage.</summary>
    public async Task<T> WithContextAsync<T>(Func<KeyDbContext, Task<T>> use)
    {
        await using var context = ContextWith();
        return await use(context);
    }

    /// <summary>One statement by hand, in words that both engines know.</summary>
    public Task<int> ExecuteAsync(string sql, params object[] parameters) =>
        WithContextAsync(context => context.Database.ExecuteSqlRawAsync(sql, parameters));

    public Task<List<AuditEventRow>> EventsAsync(string workspaceId) => WithContextAsync(context => context.AuditEvents.AsNoTracking()
        .Where(e => e.WorkspaceId == workspaceId).OrderBy(e => e.Sequence).ToListAsync());

    public async Task<List<ChainCheck>> VerifyAsync()
    {
        var checks = new List<ChainCheck>();
        await foreach (var check in Get<AuditVerifier>().VerifyAsync(CancellationToken.None)) checks.Add(check);
        return checks;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in _providers) await provider.DisposeAsync();
        foreach (var engine in _engines.Append(Engine.Inner)) (engine as IDisposable)?.Dispose();
        await DropAsync();
        _folder.Delete(recursive: true);
    }

    protected abstract ValueTask DropAsync();
}
