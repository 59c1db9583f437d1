namespace KeyService.Server.Hosting;

/// <summary>
/// Every setting that the server reads, by its path in the configuration. In the environment <c>:</c> is written <c>__</c>.
/// The deployment files are tested against this list, so a name that nobody reads cannot be set there.
/// </summary>
internal static class SettingNames
{
    /// <summary>Port of JSON over HTTP, health and metrics; 8080.</summary>
    public const string HttpPort = "KeyService:HttpPort";

    /// <summary>Port of gRPC; 8081.</summary>
    public const string GrpcPort = "KeyService:GrpcPort";

    /// <summary>Address that both ports listen on; 127.0.0.1.</summary>
    public const string BindAddress = "KeyService:BindAddress";

    /// <summary>Folder of the embedded store and what belongs to it; <c>data</c> in the caller's folder.</summary>
    public const string DataDirectory = "KeyService:DataDirectory";

    /// <summary>File that the root credential is written to, or installed from; <c>root-credential</c> in the data directory.</summary>
    public const string RootCredentialFile = "KeyService:RootCredentialFile";

    /// <summary>What this process does: comma-separated role names; all of them.</summary>
    public const string Roles = "KeyService:Roles";

    /// <summary>Generation of a master key: one base62 digit. Newest first.</summary>
    public const string MasterKeyGeneration = "KeyService:MasterKeys:0:Generation";

    /// <summary>File with a master key: 32 bytes in base64.</summary>
    public const string MasterKeyFile = "KeyService:MasterKeys:0:File";

    /// <summary>A master key itself, 32 bytes in base64, for platforms that cannot mount a file.</summary>
    public const string MasterKeyValue = "KeyService:MasterKeys:0:Value";

    /// <summary>How long a replica may answer from what it keeps after it registered; 30 s, the same for all.</summary>
    public const string Lease = "KeyService:Lease";

    /// <summary>Host and port at which other processes reach this one's gRPC port, for the canary and for operators; none.</summary>
    public const string AdvertisedAddress = "KeyService:AdvertisedAddress";

    /// <summary>Comma-separated PEM files of authorities whose certificates the canary and the console accept, beside those that the system trusts; none.</summary>
    public const string CertificateAuthorities = "KeyService:CertificateAuthorities";

    /// <summary>How long a change waits at most until it is applied everywhere, unless the call says; 2 s.</summary>
    public const string PropagationWait = "KeyService:PropagationWait";

    /// <summary>Whether this process switches a key of its own and asks every replica about it; false.</summary>
    public const string Canary = "KeyService:Canary";

    /// <summary>How often it does; 30 s.</summary>
    public const string CanaryInterval = "KeyService:CanaryInterval";

    /// <summary>How long an entry stays in Redis; 24 h.</summary>
    public const string RedisTtl = "KeyService:RedisTtl";

    /// <summary>No validation is answered later than this, unless the caller's deadline is longer; 200 ms.</summary>
    public const string ValidateBudget = "KeyService:ValidateBudget";

    /// <summary>How many validations that memory cannot answer at once each port has under way at most; 1,000.</summary>
    public const string MaxValidations = "KeyService:MaxValidations";

    /// <summary>How many management calls each port has under way at most; 512.</summary>
    public const string MaxManagementCalls = "KeyService:MaxManagementCalls";

    /// <summary>Whether the process runs by Linux's SCHED_BATCH; true.</summary>
    public const string BatchScheduling = "KeyService:BatchScheduling";

    /// <summary>How many keys are kept in memory; 100,000.</summary>
    public const string CacheCapacity = "KeyService:CacheCapacity";

    /// <summary>First part of every new API key: 2 to 8 lower-case letters; <c>ks</c>.</summary>
    public const string Brand = "KeyService:Brand";

    /// <summary>Whether API keys are kept, sealed, so that RevealKey can show them again; true.</summary>
    public const string Recoverable = "KeyService:Recoverable";

    /// <summary>Comma-separated workspaces in which they are not; none.</summary>
    public const string NonRecoverableWorkspaces = "KeyService:NonRecoverableWorkspaces";

    /// <summary>How long audit events are kept; 400 days.</summary>
    public const string AuditRetention = "KeyService:AuditRetention";

    /// <summary>The gRPC port that the console calls; this process's own.</summary>
    public const string ConsoleServiceAddress = "KeyService:Console:ServiceAddress";

    /// <summary>Workspace that the console opens first; <c>default</c>.</summary>
    public const string ConsoleDefaultWorkspace = "KeyService:Console:DefaultWorkspace";

    /// <summary>How long a person may be away before they are signed out; 30 minutes.</summary>
    public const string ConsoleIdleTimeout = "KeyService:Console:IdleTimeout";

    /// <summary>How long a session of the console lasts at most; 12 hours.</summary>
    public const string ConsoleMaxSession = "KeyService:Console:MaxSession";

    /// <summary>Comma-separated addresses of proxies whose X-Forwarded headers are believed; none.</summary>
    public const string ConsoleKnownProxies = "KeyService:Console:KnownProxies";

    /// <summary>URL of the OpenID Connect issuer whose JWTs are credentials; none.</summary>
    public const string OidcAuthority = "KeyService:Oidc:Authority";

    /// <summary>Audience that such a JWT must be for.</summary>
    public const string OidcAudience = "KeyService:Oidc:Audience";

    /// <summary>The console's client at that issuer; none.</summary>
    public const string OidcClientId = "KeyService:Oidc:ClientId";

    /// <summary>That client's secret; none.</summary>
    public const string OidcClientSecret = "KeyService:Oidc:ClientSecret";

    /// <summary>What the console asks for at the issuer; openid, profile and offline_access.</summary>
    public const string OidcScope = "KeyService:Oidc:Scope";

    /// <summary>The parameter in which it asks for the audience; by the audience's form.</summary>
    public const string OidcAudienceParameter = "KeyService:Oidc:AudienceParameter";

    /// <summary>The SQL Server database; none means SQLite in the data directory.</summary>
    public const string SqlServer = "ConnectionStrings:SqlServer";

    /// <summary>Redis, in StackExchange.Redis format; none means memory and database only.</summary>
    public const string Redis = "ConnectionStrings:Redis";

    /// <summary>All of the above; a list element stands for every index.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        HttpPort, GrpcPort, BindAddress, DataDirectory, RootCredentialFile, Roles,
        MasterKeyGeneration, MasterKeyFile, MasterKeyValue,
        Lease, AdvertisedAddress, CertificateAuthorities, PropagationWait, Canary, CanaryInterval, RedisTtl, ValidateBudget, MaxValidations, MaxManagementCalls, BatchScheduling, CacheCapacity, Brand, Recoverable, NonRecoverableWorkspaces, AuditRetention,
        ConsoleServiceAddress, ConsoleDefaultWorkspace, ConsoleIdleTimeout, ConsoleMaxSession, ConsoleKnownProxies,
        OidcAuthority, OidcAudience, OidcClientId, OidcClientSecret, OidcScope, OidcAudienceParameter,
        SqlServer, Redis,
    ];

    private const string MasterKeys = "KeyService:MasterKeys:";

    /// <summary>Sections that ASP.NET Core reads by itself: certificates and limits, log levels.</summary>
    private static readonly string[] frameworkSections = ["Kestrel:", "Logging:"];

    /// <summary>Whether the server, or the framework under it, reads <paramref name="path"/>. Case does not count, as in the configuration.</summary>
    public static bool Matches(string path) =>
        All.Contains(WithFirstIndex(path), StringComparer.OrdinalIgnoreCase)
        || frameworkSections.Any(section => path.Length > section.Length && path.StartsWith(section, StringComparison.OrdinalIgnoreCase));

    /// <summary>Names under <c>KeyService:</c> that nobody reads: a misspelt one would else go unnoticed.</summary>
    public static IEnumerable<string> Unknown(IConfiguration configuration) => configuration.GetSection("KeyService").AsEnumerable()
        .Where(setting => setting.Value is not null && setting.Key.Contains(':', StringComparison.Ordinal) && !Matches(setting.Key))
        .Select(setting => setting.Key).Order(StringComparer.Ordinal);

    private static string WithFirstIndex(string path)
    {
        if (!path.StartsWith(MasterKeys, StringComparison.OrdinalIgnoreCase))
            return path;

        var rest = path.AsSpan(MasterKeys.Length);
        var digits = rest.IndexOfAnyExceptInRange('0', '9');
        return digits > 0 ? string.Concat(MasterKeys, "0", rest[digits..]) : path;
    }
}
