using KeyService.Server.Observability;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;

namespace KeyService.Server.Storage;

/// <summary>
/// Whether changes can be written: a database that still answers reads may be full, read-only or locked, and then no key can be disabled. Changes that fail set
/// it, and the writes of <see cref="WriteProbe"/> clear it.
/// </summary>
internal sealed class WriteHealth(Metrics metrics, TimeProvider time, ILogger<WriteHealth> log)
{
    /// <summary>What may pass by itself, such as a lock, counts when nothing was written for so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Errors of SQL Server with which it refuses writes while it answers reads: no room in the file or its log, no room in the size that was bought,
    /// a read-only or damaged database, a missing permission.
    /// </summary>
    private static readonly int[] SqlServerRefusals = [229, 230, 262, 823, 824, 825, 1101, 1105, 3906, 3908, 9002, 40544];

    private readonly LastingFailure _failing = new(new("writes", Log.WritesFail, Log.WritesSucceed), metrics, time, log, quiet: TimeSpan.Zero);
    private readonly Lock _lock = new();
    private string? _cause;
    private bool _stopped;
    private long _since;

    /// <summary>Why changes cannot be written; null when they can.</summary>
    public string? Problem
    {
        get
        {
            lock (_lock) return IsProblem ? _cause : null;
        }
    }

    /// <summary>Whether a write has failed and none has succeeded since.</summary>
    public bool IsInDoubt
    {
        get
        {
            lock (_lock) return _cause is not null;
        }
    }

    private bool IsProblem => _cause is not null && (_stopped || time.GetElapsedTime(_since) >= Patience);

    /// <summary>Notes how a change ends. A change that wrote nothing is no proof that one can be written: only a failure that lasts is cleared by the probe alone.</summary>
    public async Task<T> WatchAsync<T>(Task<T> change)
    {
        try
        {
            var result = await change;
            Succeeded(isProbe: false);
            return result;
        }
        catch (Exception e) when (Note(e))
        {
            throw;
        }
    }

    /// <param name="isProbe">Whether it is known that something was written.</param>
    public void Succeeded(bool isProbe)
    {
        lock (_lock)
        {
            if (_cause is null || (_stopped && !isProbe)) return;
            (_cause, _stopped) = (null, false);
            _failing.Succeeded();
        }
    }

    /// <summary>Tells the log of a failure that has lasted for <see cref="Patience"/>.</summary>
    public void Check()
    {
        lock (_lock)
        {
            if (IsProblem) _failing.Failed(_cause!);
        }
    }

    /// <returns>Always false: it is asked on the exception's way up.</returns>
    private bool Note(Exception exception)
    {
        var cause = exception;
        while (cause is not (SqliteException or SqlException) && cause.InnerException is { } inner) cause = inner;
        var stops = cause switch
        {
            SqliteException sqlite => SqliteCause.StopsWrites(sqlite),
            SqlException sql => sql.Errors.Cast<SqlError>().Any(error => SqlServerRefusals.Contains(error.Number)),
            _ => false,
        };
        if (!stops && !StoreErrors.IsUnavailable(exception, CancellationToken.None)) return false;
        lock (_lock)
        {
            if (_cause is null) _since = time.GetTimestamp();
            _stopped |= stops;
            if (stops || !_stopped) _cause = StoreErrors.CauseOf(exception);
            if (IsProblem) _failing.Failed(_cause!);
        }

        return false;
    }
}
