using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace KeyService.Server.TestHooks;

/// <summary>The statements and transactions of a context. Synchronous ones, of which there are some at the start, never fail.</summary>
internal sealed class FaultyTransactions(DatabaseFaults faults) : DbCommandInterceptor, IDbTransactionInterceptor
{
    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        await SendAsync(command, cancellationToken);
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await SendAsync(command, cancellationToken);
        return result;
    }

    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        await SendAsync(command, cancellationToken);
        return result;
    }

    public async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result, CancellationToken cancellationToken = default)
    {
        await faults.SendAsync(cancellationToken);
        return result;
    }

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await faults.SendCommitAsync(() => Abort(transaction.Connection), cancellationToken);
        return result;
    }

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        faults.AnswerAsync(isCommit: true, cancellationToken);

    private Task SendAsync(DbCommand command, CancellationToken cancellation) => command is { Transaction: not null, Connection: SqliteConnection connection }
        ? faults.SendInTransactionAsync(() => Abort(connection), cancellation)
        : faults.SendAsync(cancellation);

    /// <summary>A transaction of SQLite's holds the whole file, for all processes: no server would let a lost client do that.</summary>
    private static void Abort(DbConnection? connection)
    {
        if (connection is SqliteConnection) connection.Close();
    }
}
