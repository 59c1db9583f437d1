using System.Collections.Frozen;
using System.Net;
using KeyService.AdminConsole;
using KeyService.AdminConsole.Service;
using KeyService.Server.Canary;
using KeyService.Server.Grpc;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Hosting;

/// <summary>The settings of a process, read and checked once.</summary>
internal sealed record ServerOptions
{
    public required IPAddress BindAddress { get; init; }

    public required int HttpPort { get; init; }

    public required int GrpcPort { get; init; }

    /// <summary>Both ports speak TLS when Kestrel has a default certificate.</summary>
    public required bool Tls { get; init; }

    /// <summary>Full path. Exists only when something is kept there.</summary>
    public required string DataDirectory { get; init; }

    public required string RootCredentialFile { get; init; }

    public required Roles Roles { get; init; }

    /// <summary>Null: SQLite in the data directory.</summary>
    public required string? SqlServer { get; init; }

    public required LookupOptions Lookup { get; init; }

    public required IssuanceOptions Issuance { get; init; }

    public required ReplicaOptions Replica { get; init; }

    public CallGateOptions Calls { get; init; } = new();

    public CallerAddressOptions CallerAddress { get; init; } = new();

    public CanaryOptions Canary { get; init; } = new();

    /// <summary><c>KeyService:CertificateAuthorities</c>: which certificates the canary and the console accept.</summary>
    public CertificateTrust Trust { get; init; } = CertificateTrust.System;

    /// <summary>Null in a process that does not serve the console.</summary>
    public ConsoleOptions? Console { get; init; }

    /// <summary>Null: no JWT is a credential.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary><c>KeyService:BatchScheduling</c>; true.</summary>
    public bool BatchScheduling { get; init; } = true;

    /// <summary><c>KeyService:AuditRetention</c>: how long audit events are kept; 400 days, at least 1.</summary>
    public required TimeSpan AuditRetention { get; init; }

    private const string DefaultDatabase = "KeyService";

    public bool IsEmbedded => SqlServer is null;

    /// <summary>Whether it serves calls, and so keeps looked-up keys. A console alone calls those who do.</summary>
    public bool IsReplica => (Roles & (Roles.Validation | Roles.Management)) != Roles.None;

    /// <exception cref="StartException">A setting is wrong.</exception>
    public static ServerOptions Read(IConfiguration configuration)
    {
        var data = Path.GetFullPath(Settings.Text(configuration, SettingNames.DataDirectory) ?? "data");
        var brand = Settings.Text(configuration, SettingNames.Brand) ?? "ks";
        if (!ApiKeyText.IsValidBrand(brand)) throw Settings.Wrong(SettingNames.Brand, brand, "2 to 8 lower-case letters");
        var tls = configuration.GetSection(Listeners.Certificate).Exists();
        var http = Settings.Integer(configuration, SettingNames.HttpPort, 8080, 1, 65_535);
        var grpc = Settings.Integer(configuration, SettingNames.GrpcPort, 8081, 1, 65_535);
        if (http == grpc && !tls)
            throw new StartException($"{SettingNames.GrpcPort}: must differ from {SettingNames.HttpPort} unless both speak TLS.");

        var roles = RoleSettings.Read(configuration);
        var options = new ServerOptions
        {
            BindAddress = ReadAddress(configuration),
            HttpPort = http,
            GrpcPort = grpc,
            Tls = tls,
            DataDirectory = data,
            RootCredentialFile = Path.GetFullPath(
                Settings.Text(configuration, SettingNames.RootCredentialFile) ?? Path.Combine(data, "root-credential")),
            Roles = roles,
            SqlServer = ReadSqlServer(configuration),
            Lookup = ReadLookup(configuration),
            Replica = new()
            {
                Lease = Settings.Duration(configuration, SettingNames.Lease, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(3), ReplicaOptions.LongestLease),
                PropagationWait = Settings.Duration(
                    configuration, SettingNames.PropagationWait, TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromMinutes(10)),
                Address = Settings.Text(configuration, SettingNames.AdvertisedAddress) ?? "",
            },
            Calls = new()
            {
                MaxValidations = Settings.Integer(configuration, SettingNames.MaxValidations, 1_000, 1, 100_000),
                MaxManagementCalls = Settings.Integer(configuration, SettingNames.MaxManagementCalls, 512, 1, 100_000),
            },
            BatchScheduling = Settings.Boolean(configuration, SettingNames.BatchScheduling, @default: true),
            Trust = CertificateAuthorities.Read(configuration),
            Canary = ReadCanary(configuration, roles, tls),
            CallerAddress = new() { KnownProxies = ConsoleSettings.ReadProxies(configuration) },
            Oidc = OidcSettings.Read(configuration),
            Issuance = new() { Brand = brand, Recovery = ReadRecovery(configuration) },
            AuditRetention = Settings.Duration(
                configuration, SettingNames.AuditRetention, TimeSpan.FromDays(400), TimeSpan.FromDays(1), TimeSpan.FromDays(36_500)),
        };
        return roles.HasFlag(Roles.Console) ? options with { Console = ConsoleSettings.Read(configuration, options) } : options;
    }

    private static CanaryOptions ReadCanary(IConfiguration configuration, Roles roles, bool tls)
    {
        var enabled = Settings.Boolean(configuration, SettingNames.Canary, @default: false);
        // Not passed over: who sees no violations would take it for proof.
        if (enabled && !roles.HasFlag(Roles.Management))
            throw new StartException($"{SettingNames.Canary}: must be false, or {SettingNames.Roles} must name management: the canary changes a key.");
        return new()
        {
            Enabled = enabled,
            Interval = Settings.Duration(
                configuration, SettingNames.CanaryInterval, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Tls = tls,
        };
    }

    private static RecoveryPolicy ReadRecovery(IConfiguration configuration)
    {
        var list = Settings.Text(configuration, SettingNames.NonRecoverableWorkspaces) ?? "";
        var ids = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (!Array.TrueForAll(ids, Workspaces.IsValid))
            throw Settings.Wrong(SettingNames.NonRecoverableWorkspaces, list, "a comma-separated list of workspace ids");
        return new()
        {
            Enabled = Settings.Boolean(configuration, SettingNames.Recoverable, @default: true),
            NonRecoverableWorkspaces = ids.ToFrozenSet(StringComparer.Ordinal),
        };
    }

    private static IPAddress ReadAddress(IConfiguration configuration)
    {
        var text = Settings.Text(configuration, SettingNames.BindAddress) ?? "127.0.0.1";
        return AddressRange.TryParseAddress(text, out var address)
            ? address
            : throw Settings.Wrong(SettingNames.BindAddress, text, "an IP address such as 127.0.0.1 or 0.0.0.0");
    }

    private static string? ReadSqlServer(IConfiguration configuration)
    {
        if (Settings.Text(configuration, SettingNames.SqlServer) is not { } text) return null;
        try
        {
            var builder = new SqlConnectionStringBuilder(text) { ApplicationName = "keyservice" };
            // Without a name the tables would go to the login's default database, which is often master.
            if (builder.InitialCatalog.Length == 0) builder.InitialCatalog = DefaultDatabase;
            return builder.ConnectionString;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw Settings.Wrong(SettingNames.SqlServer, text, "a connection string such as Server=host;Database=KeyService;User Id=...;Password=...");
        }
    }

    private static LookupOptions ReadLookup(IConfiguration configuration)
    {
        var redis = Settings.Text(configuration, SettingNames.Redis);
        if (redis is not null && RedisSettings.Fault(redis) is { } fault)
            throw new StartException($"{SettingNames.Redis}: must be hosts and options of StackExchange.Redis such as host:6379,password=...,ssl=true; {fault}.");
        return new()
        {
            Redis = redis,
            CacheCapacity = Settings.Integer(configuration, SettingNames.CacheCapacity, 100_000, 100, 10_000_000),
            ValidateBudget = Settings.Duration(
                configuration, SettingNames.ValidateBudget, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)),
            RedisTtl = Settings.Duration(
                configuration, SettingNames.RedisTtl, TimeSpan.FromHours(24), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
        };
    }
}
