using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace KeyService.Testing;

/// <summary>What a test's store is kept in.</summary>
internal enum TestEngine
{
    /// <summary>On SQL Server where <c>KEYSERVICE_TEST_SQLSERVER</c> names one, else embedded.</summary>
    AsConfigured,

    /// <summary>SQLite, for what only the embedded default does.</summary>
    Embedded,

    /// <summary>Nothing is set: what a first user has who starts the server in a folder.</summary>
    Defaults,
}

/// <summary>
/// A store of a test's own: a data directory, and where <c>KEYSERVICE_TEST_SQLSERVER</c> names a server (a connection string to its
/// <c>master</c>) a database there, dropped at the end.
/// </summary>
/// <param name="engine">Which engine, and whether anything is set at all.</param>
/// <param name="folder">An empty folder, deleted at the end; null: a new one.</param>
internal sealed class TestStore(TestEngine engine = TestEngine.AsConfigured, string? folder = null) : IAsyncDisposable
{
    private const int Busy = 5;

    private readonly string _database = $"keyservice_test_{Guid.NewGuid():N}";

    /// <summary>What serves it.</summary>
    public string ServerAssembly { get; init; } = Repository.ServerAssembly;

    /// <summary>Limit of open files of its processes (<c>ulimit -n</c>); null: the system's.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Where processes run.</summary>
    public string Folder { get; } = folder ?? Directory.CreateTempSubdirectory("keyservice-test-").FullName;

    public string DataDirectory => engine == TestEngine.Defaults ? Path.Combine(Folder, "data") : Folder;

    /// <summary>The connection string to the <c>master</c> of the server that <c>KEYSERVICE_TEST_SQLSERVER</c> names; null: none.</summary>
    public static string? SqlServer { get; } =
        Environment.GetEnvironmentVariable("KEYSERVICE_TEST_SQLSERVER") is { Length: > 0 } server ? server : null;

    public static bool IsSqlServer => SqlServer is not null;

    /// <summary>Whether this store is a database on that server.</summary>
    public bool UsesSqlServer => IsSqlServer && engine == TestEngine.AsConfigured;

    /// <summary>Whether a server's first start finds a copy of <see cref="PreparedStore"/>; false: it makes the store itself.</summary>
    public bool IsPrepared { get; init; } = engine != TestEngine.Defaults && !(IsSqlServer && engine == TestEngine.AsConfigured);

    /// <summary>Whether its servers need a folder, a limit or an assembly that the process of the tests does not have.</summary>
    public bool NeedsProcess => engine == TestEngine.Defaults || OpenFiles is not null || ServerAssembly != Repository.ServerAssembly;

    public string RootCredentialFile => Path.Combine(DataDirectory, "root-credential");

    /// <summary>32 bytes in base64, the same for the life of the store.</summary>
    public string MasterKey { get; } = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    public Dictionary<string, string> Settings()
    {
        if (engine == TestEngine.Defaults) return [];
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KeyService__DataDirectory"] = DataDirectory,
            ["KeyService__RootCredentialFile"] = RootCredentialFile,
        };
        if (UsesSqlServer)
        {
            var connection = new SqlConnectionStringBuilder(SqlServer) { InitialCatalog = _database };
            settings["ConnectionStrings__SqlServer"] = connection.ConnectionString;
            settings["KeyService__MasterKeys__0__Generation"] = "1";
            settings["KeyService__MasterKeys__0__Value"] = MasterKey;
        }

        return settings;
    }

    /// <summary>The words of a command on this store in the process of the tests, where settings cannot be variables.</summary>
    public IReadOnlyList<string> ArgumentsOf(string command, params (string Name, string Value)[] settings)
    {
        if (NeedsProcess)
            throw new InvalidOperationException("The servers of this store need processes of their own.");
        var all = Settings();
        // The scheduling class is the process's.
        all["KeyService__BatchScheduling"] = "false";
        foreach (var (name, value) in settings) all[name] = value;
        return
        [
            .. command.Split(' '), "--applicationName=KeyService.Server",
            .. all.Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}"),
        ];
    }

    /// <summary>Whether nobody holds the one lock to write of an embedded store, or gives it back within a second.</summary>
    public bool CanBeWritten()
    {
        if (UsesSqlServer) return true;
        using var connection = new SqliteConnection($"Data Source={Path.Combine(DataDirectory, "keyservice.db")};Pooling=False;Default Timeout=1");
        connection.Open();
        try
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            return true;
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Busy)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (UsesSqlServer)
        {
            SqlConnection.ClearAllPools();
            await using var connection = new SqlConnection(SqlServer);
            await connection.OpenAsync();
            await using var drop = new SqlCommand(
                $"IF DB_ID('{_database}') IS NOT NULL BEGIN ALTER DATABASE [{_database}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE [{_database}]; END",
                connection);
            await drop.ExecuteNonQueryAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
