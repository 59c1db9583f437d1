using System.Diagnostics;
using Microsoft.Data.SqlClient;

namespace KeyService.Testing;

/// <summary>
/// Adds the measured time of a first statement to a bound that suits a local file, once for each new connection that the operation opens.
/// </summary>
internal static class DatabaseSpeed
{
    private const int Tries = 3;

    /// <summary>Bounds follow a slow server, and not one that does not work.</summary>
    private static readonly TimeSpan Slowest = TimeSpan.FromMilliseconds(500);

    private static readonly Lazy<TimeSpan> firstStatement = new(Measure);

    /// <summary>The shortest of three new connections with one statement, at most 500 ms; zero for SQLite.</summary>
    /// <exception cref="SqlException">The server that <c>KEYSERVICE_TEST_SQLSERVER</c> names does not answer.</exception>
    public static TimeSpan FirstStatement => firstStatement.Value;

    /// <param name="bound">That suits a local file.</param>
    /// <param name="connections">How many new connections are waited for, one after the other.</param>
    public static TimeSpan Longer(TimeSpan bound, int connections) => bound + connections * FirstStatement;

    private static TimeSpan Measure()
    {
        if (TestStore.SqlServer is not { } server) return TimeSpan.Zero;
        var unpooled = new SqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString;
        // The first one loads and compiles the client.
        MeasureOnce(unpooled);
        var shortest = Enumerable.Range(0, Tries).Min(_ => MeasureOnce(unpooled));
        return shortest < Slowest ? shortest : Slowest;
    }

    private static TimeSpan MeasureOnce(string connectionString)
    {
        var start = Stopwatch.GetTimestamp();
        using var connection = new SqlConnection(connectionString);
        connection.Open();
        using var statement = new SqlCommand("SELECT 1", connection);
        statement.ExecuteScalar();
        return Stopwatch.GetElapsedTime(start);
    }
}
