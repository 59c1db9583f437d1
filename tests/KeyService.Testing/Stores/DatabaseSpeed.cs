using System.Diagnostics;
using Microsoft.Data.SqlClient;

namespace KeyService.Testing;

/// <summary>
/// How fast the database of the tests is. Bounds that suit a local file are longer by so many of its first statements, measured once, as a call,
/// a change or a recovery waits for.
/// </summary>
internal static class DatabaseSpeed
{
    private const int Tries = 3;

    private static readonly Lazy<TimeSpan> firstStatement = new(Measure);

    /// <summary>The longest of three new connections with one statement; zero for SQLite.</summary>
    public static TimeSpan FirstStatement => firstStatement.Value;

    /// <param name="bound">That suits a local file.</param>
    /// <param name="connections">How many new connections are waited for, one after the other.</param>
    public static TimeSpan Longer(TimeSpan bound, int connections) => bound + connections * FirstStatement;

    private static TimeSpan Measure()
    {
        if (TestStore.SqlServer is not { } server) return TimeSpan.Zero;
        var unpooled = new SqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString;
        return Enumerable.Range(0, Tries).Max(_ => MeasureOnce(unpooled));
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
