namespace KeyService.Server.Storage.SqlServer;

/// <summary>The hand-written statements for SQL Server, each with what it relies on. Parsed and compiled in a test.</summary>
internal static class SqlServerStatements
{
    /// <summary>
    /// UPDLOCK, HOLDLOCK: the row, or the gap where it would be, is held until the transaction ends, so that the events of a
    /// workspace get their numbers one after the other.
    /// </summary>
    public const string LockAuditHead =
        "SELECT * FROM [AuditHeads] WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE [WorkspaceId] = {0}";

    /// <summary>
    /// One batch, one transaction; XACT_ABORT ends it whole on any error. No MERGE: it races without HOLDLOCK. UPDLOCK and
    /// HOLDLOCK keep a second flush from inserting between the two statements. Times are microseconds since 1970.
    /// </summary>
    public const string FlushUsage = """
        SET XACT_ABORT ON;
        SET NOCOUNT ON;
        BEGIN TRANSACTION;
        DECLARE @used TABLE ([KeyId] varchar(64) COLLATE Latin1_General_100_BIN2 PRIMARY KEY, [Time] datetime2(6) NOT NULL);
        INSERT INTO @used ([KeyId], [Time])
        SELECT u.[k], DATEADD(microsecond, u.[t] % 1000000, DATEADD(second, u.[t] / 1000000, CAST('1970-01-01' AS datetime2(6))))
        FROM OPENJSON({0}) WITH ([k] varchar(64) COLLATE Latin1_General_100_BIN2 '$.k', [t] bigint '$.t') AS u;
        UPDATE usage SET [LastUsedTime] = used.[Time]
        FROM [KeyUsage] AS usage WITH (UPDLOCK, HOLDLOCK)
        INNER JOIN @used AS used ON used.[KeyId] = usage.[KeyId]
        WHERE usage.[LastUsedTime] < used.[Time];
        INSERT INTO [KeyUsage] ([KeyId], [LastUsedTime])
        SELECT used.[KeyId], used.[Time]
        FROM @used AS used
        WHERE EXISTS (SELECT 1 FROM [ApiKeys] AS k WHERE k.[KeyId] = used.[KeyId])
          AND NOT EXISTS (SELECT 1 FROM [KeyUsage] AS usage WITH (UPDLOCK, HOLDLOCK) WHERE usage.[KeyId] = used.[KeyId]);
        COMMIT TRANSACTION;
        """;

    public const string Ping = "SELECT 1";

    /// <summary>A catalog view; no lock of ours.</summary>
    public const string ReadCommittedSnapshot =
        "SELECT CAST([is_read_committed_snapshot_on] AS int) AS [Value] FROM [sys].[databases] WHERE [database_id] = DB_ID()";

    /// <summary>Waits for no other connection: what is open in this database is rolled back. Only <c>migrate</c> runs it, and only when it is off.</summary>
    public const string SwitchReadCommittedSnapshotOn =
        "ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE";

    /// <summary>Owned by the session: freed when the connection ends, however it ends.</summary>
    public const string TakeStoreLock = """
        DECLARE @result int;
        EXEC @result = sp_getapplock @Resource = N'KeyService.Serve', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 0;
        SELECT @result;
        """;

    /// <summary>Whether this session still holds the store lock.</summary>
    public const string HoldsStoreLock = "SELECT APPLOCK_MODE(N'public', N'KeyService.Serve', N'Session')";
}
