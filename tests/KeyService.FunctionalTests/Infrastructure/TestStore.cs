using Microsoft.Data.SqlClient;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>
/// A store of a test's own: a data directory, and where <c>KEYSERVICE_TEST_SQLSERVER</c> names a server (a connection string to its
/// <c>master</c>) a database there, dropped at the end.
/// </summary>
internal sealed class TestStore : IAsyncDisposable
{
    private static readonly string? Server = Environment.GetEnvironmentVariable("KEYSERVICE_TEST_SQLSERVER");
    private readonly string _database = $"keyservice_test_{Guid.NewGuid():N}";

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("keyservice-test-").FullName;

    public static bool IsSqlServer => !string.IsNullOrEmpty(Server);

    public string RootCredentialFile => Path.Combine(DataDirectory, "root-credential");

    /// <summary>32 bytes in base64, the same for the life of the store.</summary>
    public string MasterKey { get; } = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    public Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KeyService__DataDirectory"] = DataDirectory,
            ["KeyService__RootCredentialFile"] = RootCredentialFile,
        };
        if (IsSqlServer)
        {
            settings["ConnectionStrings__SqlServer"] = new SqlConnectionStringBuilder(Server) { InitialCatalog = _database }.ConnectionString;
            settings["KeyService__MasterKeys__0__Generation"] = "1";
            settings["KeyService__MasterKeys__0__Value"] = MasterKey;
        }

        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsSqlServer)
        {
            SqlConnection.ClearAllPools();
            await using var connection = new SqlConnection(Server);
            await connection.OpenAsync();
            await using var drop = new SqlCommand(
                $"IF DB_ID('{_database}') IS NOT NULL BEGIN ALTER DATABASE [{_database}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE [{_database}]; END",
                connection);
            await drop.ExecuteNonQueryAsync();
        }

        Directory.Delete(DataDirectory, recursive: true);
    }
}
