namespace KeyService.Server.Storage.Sqlite;

/// <summary>The hand-written statements for SQLite, each with what it relies on.</summary>
internal static class SqliteStatements
{
    /// <summary>
    /// For each connection, as long as it is open. The time-out first: the others may meet a lock. FULL: an acknowledged change
    /// survives a power cut.
    /// </summary>
    public const string ConnectionSettings =
        "PRAGMA busy_timeout=2000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;";

    /// <summary>Relies on the immediate transaction of the change: numbers are drawn in the order of commits.</summary>
    public const string NextRevision = "UPDATE RevisionCounter SET Value = Value + 1 WHERE Id = 1 RETURNING Value";

    /// <summary>
    /// One statement is one transaction. Keys that are gone are passed over; a time never goes back, unless it is more than a minute after now: a clock that
    /// was wrong wrote it.
    /// </summary>
    public const string FlushUsage = """
        INSERT INTO KeyUsage (KeyId, LastUsedTime)
        SELECT used.value ->> 'k', used.value ->> 't'
        FROM json_each({0}) AS used
        WHERE EXISTS (SELECT 1 FROM ApiKeys WHERE ApiKeys.KeyId = used.value ->> 'k')
        ON CONFLICT (KeyId) DO UPDATE SET LastUsedTime = excluded.LastUsedTime
        WHERE excluded.LastUsedTime > LastUsedTime OR LastUsedTime > (unixepoch() + 60) * 1000000
        """;

    /// <summary>
    /// By the index on the time. EF Core's own would scan the whole table for each slice: SQLite has no DELETE with LIMIT, and the key has four columns.
    /// </summary>
    public const string DeleteRequestRecords =
        "DELETE FROM RequestRecords WHERE rowid IN (SELECT rowid FROM RequestRecords WHERE CreateTime <= {0} LIMIT {1})";

    /// <summary>By the primary key. The condition of <see cref="StoreQueries.CompileFindKey"/>, which has the last word.</summary>
    public const string FindDigest = "SELECT 1 FROM KeySecrets WHERE Digest = $digest AND RetireTime IS NULL";

    /// <summary>Reads the file, not only the connection.</summary>
    public const string Ping = "SELECT Value FROM RevisionCounter WHERE Id = 1";

    /// <summary>Relies on the start lock: nobody else is migrating.</summary>
    public const string DropMigrationsLock = "DROP TABLE IF EXISTS __EFMigrationsLock";
}
