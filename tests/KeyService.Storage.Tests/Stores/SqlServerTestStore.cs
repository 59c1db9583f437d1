using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Storage.Tests.Stores;

/// <summary>A database of its own on the server that <see cref="Variable"/> names. The service makes it: a migration does.</summary>
internal sealed class SqlServerTestStore : TestStore
{
    public const string Variable = "KEYSERVICE_TEST_SQLSERVER";

    public static string? Master { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : null;

    public string Database { get; } = $"KeyServiceTest_{Guid.NewGuid():N}";

    public string ConnectionString => new SqlConnectionStringBuilder(Master) { InitialCatalog = Database }.ConnectionString;

    public override IStorageEngine CreateEngine() => new SqlServerEngine(ConnectionString, TimeProvider.System);

    public override KeyDbContext ContextWith(params IInterceptor[] interceptors) => new SqlServerKeyDbContext(
        new DbContextOptionsBuilder<SqlServerKeyDbContext>(SqlServerEngine.OptionsFor(ConnectionString, retry: true))
            .AddInterceptors(interceptors).Options);

    protected override async ValueTask DropAsync()
    {
        await using (var own = new SqlConnection(ConnectionString)) SqlConnection.ClearPool(own);
        await using var connection = new SqlConnection(Master);
        await connection.OpenAsync();
        await using var drop = new SqlCommand(
            $"IF DB_ID(N'{Database}') IS NOT NULL BEGIN ALTER DATABASE [{Database}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE [{Database}]; END",
            connection);
        await drop.ExecuteNonQueryAsync();
    }
}
