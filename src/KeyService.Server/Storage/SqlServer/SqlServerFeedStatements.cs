using System.Text;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// The hand-written statements of replication for SQL Server. Under READ_COMMITTED_SNAPSHOT each reads what was committed before it
/// began; none is in a transaction with the next, which would not change that, but would hold the row of <c>Replicas</c> while it reads.
/// </summary>
internal static class SqlServerFeedStatements
{
    /// <summary>What goes before every batch: an error ends it, a count of rows is no answer of its own, and the first answer is whether this is the primary.</summary>
    private const string Head = $"{Settings}\n{SqlServerPrimary.Question}";

    /// <summary>For the session.</summary>
    public const string Settings = "SET XACT_ABORT ON; SET NOCOUNT ON;";

    /// <summary>
    /// UPDLOCK, HOLDLOCK: the row, or the gap where it would be, is held to the end of the statement, so the same id twice is a count of
    /// 0 and no error. A statement of its own, committed before the next begins: who looks at the table after that sees the row.
    /// </summary>
    public const string RegisterNew = """
        INSERT INTO [Replicas] ([ReplicaId], [Beat], [Ticket], [Horizon], [LeaseMilliseconds], [Generations], [Address], [StartTime])
        SELECT @id, 1, @ticket, @applied, @lease, @generations, @address, @start
        WHERE NOT EXISTS (SELECT 1 FROM [Replicas] WITH (UPDLOCK, HOLDLOCK) WHERE [ReplicaId] = @id);
        SELECT @@ROWCOUNT AS [Registered];
        """;

    /// <summary>
    /// Writers lock rows whatever the isolation: the beat that is compared is the one that is raised. From the beat that was confirmed to
    /// the highest that was sent, for an answer that was lost. No GREATEST: SQL Server 2019 does not know it.
    /// </summary>
    public const string RegisterAgain = """
        UPDATE [Replicas]
        SET [Beat] = @sent + 1,
            [Ticket] = CASE WHEN [Ticket] < @ticket THEN @ticket ELSE [Ticket] END,
            [Horizon] = CASE WHEN [Horizon] < @applied THEN @applied ELSE [Horizon] END,
            [LeaseMilliseconds] = @lease, [Generations] = @generations, [Address] = @address
        WHERE [ReplicaId] = @id AND [Beat] BETWEEN @known AND @sent;
        SELECT @@ROWCOUNT AS [Registered];
        """;

    /// <summary>Relies on no isolation: a sequence is outside of transactions, and one counter in the primary's memory gives the order.</summary>
    public const string DrawTicket = "SELECT NEXT VALUE FOR [ReplicaTickets] AS [Ticket];";

    /// <summary>
    /// Before all else in a batch, seldom (<see cref="SqlServerSettings"/>). The fork's view is there on SQL Server and Managed Instance
    /// (editions 2, 3, 4, 8), and a login that may not see the row gets NULL; where the view is missing, the statement must not even be
    /// compiled. Catalog views by name: on Azure DB_ID() need not be the number that they have.
    /// </summary>
    public const string ReadSettings = """
        DECLARE @fork uniqueidentifier;
        IF CAST(SERVERPROPERTY('EngineEdition') AS int) IN (2, 3, 4, 8)
            SET @fork = (SELECT [recovery_fork_guid] FROM [sys].[database_recovery_status] WHERE [database_id] = DB_ID());
        SELECT CAST([is_read_committed_snapshot_on] AS int) AS [Snapshot], CAST([delayed_durability] AS int) AS [Durability], @fork AS [Fork]
        FROM [sys].[databases] WHERE [name] = DB_NAME();
        """;

    /// <summary>
    /// Relies on no isolation: MIN_ACTIVE_ROWVERSION looks at the transactions that are active now, not at a snapshot. A statement before
    /// the rows: what it says is below the watermark is there for them to read, once it is as old as the settle time.
    /// </summary>
    public const string ReadWatermark = """
        SELECT CAST(MIN_ACTIVE_ROWVERSION() AS bigint) AS [Watermark], [Epoch], [RenewTime], SYSUTCDATETIME() AS [DatabaseTime]
        FROM [StoreEpochs] WHERE [Id] = 1;
        """;

    /// <summary>
    /// Reads the snapshot of its own beginning, which holds every commit acknowledged before the ticket was drawn, and waits for no
    /// writer. The index on Revision carries the key id; the parameter is binary(8), or each row would be converted.
    /// </summary>
    public const string ReadChanges =
        "SELECT TOP (@count) [KeyId], [Revision] FROM [ApiKeys] WHERE [Revision] > @horizon ORDER BY [Revision];";

    /// <summary>Writers lock rows whatever the isolation: an older report that comes late finds the newer ticket.</summary>
    public const string Report = """
        UPDATE [Replicas]
        SET [Ticket] = @ticket, [Horizon] = CASE WHEN [Horizon] < @applied THEN @applied ELSE [Horizon] END
        WHERE [ReplicaId] = @id AND ([Ticket] < @ticket OR ([Ticket] = @ticket AND [Horizon] < @applied));
        """;

    /// <summary>Reads the snapshot of its own beginning, after the ticket was drawn: every replica that had registered by then.</summary>
    public const string ReadReplicas = """
        SELECT [ReplicaId], [Beat], [Ticket], [Horizon], [LeaseMilliseconds], [Generations], [Address], [StartTime]
        FROM [Replicas] ORDER BY [ReplicaId];
        """;

    /// <summary>Writers lock rows whatever the isolation: the beat that is compared is the one of the row that goes.</summary>
    public const string Remove = """
        DELETE FROM [Replicas] WHERE [ReplicaId] = @id AND (@beat IS NULL OR [Beat] = @beat);
        SELECT @@ROWCOUNT AS [Removed];
        """;

    /// <summary>
    /// One transaction, so that no replica of the old epoch is found under the new one. UPDLOCK, HOLDLOCK: of two at once the second
    /// waits, and finds the row.
    /// </summary>
    public const string RenewEpoch = """
        BEGIN TRANSACTION;
        UPDATE [StoreEpochs] WITH (UPDLOCK, HOLDLOCK) SET [Epoch] = CRYPT_GEN_RANDOM(16), [RenewTime] = SYSUTCDATETIME() WHERE [Id] = 1;
        IF @@ROWCOUNT = 0
            INSERT INTO [StoreEpochs] ([Id], [Epoch], [RenewTime]) VALUES (1, CRYPT_GEN_RANDOM(16), SYSUTCDATETIME());
        DELETE FROM [Replicas];
        COMMIT TRANSACTION;
        """;

    /// <summary>Reads the snapshot of its own beginning: every generation whose row was acknowledged before.</summary>
    public const string ReadFingerprints = "SELECT [Generation], [Fingerprint] FROM [MasterKeyFingerprints];";

    /// <summary>UPDLOCK, HOLDLOCK: of two processes that add the same one, the second waits, and finds the row.</summary>
    public const string AddFingerprint = """
        INSERT INTO [MasterKeyFingerprints] ([Generation], [Fingerprint])
        SELECT @generation, @fingerprint
        WHERE NOT EXISTS (SELECT 1 FROM [MasterKeyFingerprints] WITH (UPDLOCK, HOLDLOCK) WHERE [Generation] = @generation);
        """;

    /// <summary>A batch with an answer for the primary, then one for each statement, in their order.</summary>
    public static string Batch(params ReadOnlySpan<string> statements)
    {
        var batch = new StringBuilder(Head);
        foreach (var statement in statements) batch.Append('\n').Append(statement);
        return batch.ToString();
    }

    /// <summary>The batch with an answer for the settings behind that for the primary.</summary>
    public static string WithSettings(string batch) => $"{Head}\n{ReadSettings}{batch[Head.Length..]}";

    public static string Of(FeedStep step, bool isNew) => step switch
    {
        FeedStep.Register => isNew ? RegisterNew : RegisterAgain,
        FeedStep.DrawTicket => DrawTicket,
        FeedStep.ReadWatermark => ReadWatermark,
        FeedStep.ReadChanges => ReadChanges,
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };
}
