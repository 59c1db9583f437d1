using System.Data.Common;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace KeyService.Server.Storage;

/// <summary>Which exceptions mean that the database does not answer, or refuses what it is asked.</summary>
internal static class StoreErrors
{
    /// <summary>What goes up from here: one kind of failure, with the engine's number and the cause in it for the log.</summary>
    public static StoreUnavailableException Unavailable(Exception exception)
    {
        var cause = exception;
        while (cause is not DbException && cause.InnerException is { } inner) cause = inner;
        return cause switch
        {
            SqlException sql => new(exception, SqlServerErrors.Describe(sql), SqlServerErrors.IsPermanent(sql)),
            Microsoft.Data.Sqlite.SqliteException sqlite => new(exception, SqliteCause.Of(sqlite)),
            _ => new(exception, FailureCause.Of(exception)),
        };
    }

    /// <summary>Why, in fixed words, for logs and metrics.</summary>
    public static string CauseOf(Exception exception) => (exception as StoreUnavailableException ?? Unavailable(exception)).Failure;

    public static bool IsUnavailable(Exception exception, CancellationToken caller) => exception switch
    {
        OperationCanceledException => !caller.IsCancellationRequested,
        DbException or TimeoutException or RetryLimitExceededException => true,
        // What is left of a conflict after the retries: somebody else holds the row.
        DbUpdateException => true,
        // SqlClient says so when its pool is exhausted; a closed connection under a transaction looks the same.
        InvalidOperationException { Source: "Microsoft.Data.SqlClient" or "Microsoft.Data" or "Core Microsoft SqlClient Data Provider" } => true,
        InvalidOperationException { InnerException: { } inner } => IsUnavailable(inner, caller),
        _ => false,
    };
}
