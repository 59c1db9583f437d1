using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>Puts the question whether this is the primary before every query of a context, and takes the answer before the query's own. One place for all reads.</summary>
internal sealed class SqlServerPrimaryReads(SqlServerPrimary primary) : DbCommandInterceptor
{
    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        Ask(command, eventData);
        return result;
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        Ask(command, eventData);
        return new(result);
    }

    public override DbDataReader ReaderExecuted(DbCommand command, CommandExecutedEventData eventData, DbDataReader result)
    {
        if (!IsAsked(command)) return result;
        try
        {
            primary.Check(result, command.Connection);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        if (!IsAsked(command)) return result;
        try
        {
            await primary.CheckAsync(result, command.Connection, cancellationToken);
            return result;
        }
        catch
        {
            await result.DisposeAsync();
            throw;
        }
    }

    /// <summary>What writes fails on a copy by itself. A migration may meet no database yet.</summary>
    private static void Ask(DbCommand command, CommandEventData eventData)
    {
        if (eventData.CommandSource is CommandSource.SaveChanges or CommandSource.Migrations || IsAsked(command)) return;
        command.CommandText = $"{SqlServerPrimary.Question}\n{command.CommandText}";
    }

    private static bool IsAsked(DbCommand command) => command.CommandText.StartsWith(SqlServerPrimary.Question, StringComparison.Ordinal);
}
