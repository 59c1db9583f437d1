namespace KeyService.Server.Storage.SqlServer;

/// <summary>The hand-written statements for SQL Server, each with what it relies on. Parsed and compiled in a test.</summary>
internal static class SqlServerStatements
{
    /// <summary>
    /// UPDLOCK, HOLDLOCK: the row, or the gap where it would be, is held until the transaction ends, so that the events of a
    /// workspace get their numbers one after the other. The cast: a raw parameter is nvarchar, which would turn the seek of one
    /// row into a range, and hold its neighbours' chains too.
    /// </summary>
    public const string LockAuditHead =
        "SELECT * FROM [AuditHeads] WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE [WorkspaceId] = CAST({0} AS varchar(64))";

    /// <summary>
    /// One batch, one transaction; XACT_ABORT ends it whole on any error or time-out. No MERGE: it races without HOLDLOCK. UPDLOCK
    /// and HOLDLOCK keep a second flush from inserting between the two statements. Times are microseconds since 1970, in three
    /// steps: DATEADD takes an int, and seconds since 1970 outgrow it in 2038. OPENJSON needs compatibility level 130, and its
    /// WITH takes no collation. A key named twice counts once, or it would fail the whole flush. A time never goes back, unless it is more than a minute
    /// after now: a clock that was wrong wrote it.
    /// <para>
    /// FORCESEEK: a plan compiled when the table was small may scan it, and HOLDLOCK would then lock its whole range against every other flush. With seeks a
    /// key costs at most a row lock, a gap lock and an intent lock on a page, each statement of the two. At most 1,000 keys stay below
    /// the 5,000 locks of one statement at which the server takes the whole table instead. Seeks from the sorted @used take locks in one order.
    /// </para>
    /// </summary>
    public const string FlushUsage = """
        SET XACT_ABORT ON;
        SET NOCOUNT ON;
        DECLARE @used TABLE ([KeyId] varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL PRIMARY KEY, [UsedTime] datetime2(6) NOT NULL);
        INSERT INTO @used ([KeyId], [UsedTime])
        SELECT [last].[KeyId],
            DATEADD(microsecond, CAST([last].[Time] % 1000000 AS int),
                DATEADD(second, CAST([last].[Time] / 1000000 % 86400 AS int),
                    DATEADD(day, CAST([last].[Time] / 86400000000 AS int), CAST('1970-01-01' AS datetime2(6)))))
        FROM (
            SELECT [item].[k] COLLATE Latin1_General_100_BIN2 AS [KeyId], MAX([item].[t]) AS [Time]
            FROM OPENJSON({0}) WITH ([k] varchar(64) '$.k', [t] bigint '$.t') AS [item]
            GROUP BY [item].[k] COLLATE Latin1_General_100_BIN2
        ) AS [last];
        BEGIN TRANSACTION;
        UPDATE [stored] SET [LastUsedTime] = [used].[UsedTime]
        FROM [KeyUsage] AS [stored] WITH (UPDLOCK, HOLDLOCK, ROWLOCK, FORCESEEK)
        INNER JOIN @used AS [used] ON [used].[KeyId] = [stored].[KeyId]
        WHERE [stored].[LastUsedTime] < [used].[UsedTime] OR [stored].[LastUsedTime] > DATEADD(minute, 1, SYSUTCDATETIME());
        INSERT INTO [KeyUsage] ([KeyId], [LastUsedTime])
        SELECT [used].[KeyId], [used].[UsedTime]
        FROM @used AS [used]
        WHERE EXISTS (SELECT 1 FROM [ApiKeys] AS [key] WITH (FORCESEEK) WHERE [key].[KeyId] = [used].[KeyId])
          AND NOT EXISTS (SELECT 1 FROM [KeyUsage] AS [stored] WITH (UPDLOCK, HOLDLOCK, ROWLOCK, FORCESEEK) WHERE [stored].[KeyId] = [used].[KeyId]);
        COMMIT TRANSACTION;
        """;

    /// <summary>
    /// The front of a chain, which <see cref="LockAuditHead"/> holds: nothing is added before it, so it relies on no isolation. The index of the chain is named, with both
    /// columns: the table is clustered in the order of inserts, so a scan would read and lock the events of every workspace, and the index by key all of this one. The cast
    /// is that of <see cref="LockAuditHead"/>.
    /// </summary>
    public const string DeleteAuditEvents = """
        DELETE [event]
        FROM [AuditEvents] AS [event] WITH (ROWLOCK, FORCESEEK ([IX_AuditEvents_WorkspaceId_Sequence] ([WorkspaceId], [Sequence])))
        WHERE [event].[WorkspaceId] = CAST({0} AS varchar(64)) AND [event].[Sequence] <= {1}
        """;

    public const string Ping = "SELECT 1 AS [Value]";

    /// <summary>A catalog view; no lock of ours. By name: on Azure DB_ID() need not be the number that this view has.</summary>
    public const string ReadCommittedSnapshot =
        "SELECT CAST([is_read_committed_snapshot_on] AS int) AS [Value] FROM [sys].[databases] WHERE [name] = DB_NAME()";

    /// <summary>0 disabled, 1 allowed to a transaction that asks for it (none of ours does), 2 forced on all.</summary>
    public const string DelayedDurability =
        "SELECT CAST([delayed_durability] AS int) AS [Value] FROM [sys].[databases] WHERE [name] = DB_NAME()";

    /// <summary>What decides which T-SQL the database takes, whatever the server's version: a restored one keeps its old level.</summary>
    public const string CompatibilityLevel =
        "SELECT CAST([compatibility_level] AS int) AS [Value] FROM [sys].[databases] WHERE [name] = DB_NAME()";

    /// <summary>
    /// Waits for no other connection: what is open in this database is rolled back. Only <c>migrate</c> runs it, and only when it
    /// is off. Not in a transaction: the server refuses it there.
    /// </summary>
    public const string SwitchReadCommittedSnapshotOn =
        "ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE";

    /// <summary>Owned by the session, so no isolation matters; it waits. Names of locks differ in case, those of databases seldom do.</summary>
    public const string EnterStart = """
        DECLARE @resource nvarchar(255) = N'KeyService.Start.' + UPPER(@database);
        DECLARE @result int;
        EXEC @result = sp_getapplock @Resource = @resource, @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = @milliseconds;
        SELECT @result;
        """;
}
