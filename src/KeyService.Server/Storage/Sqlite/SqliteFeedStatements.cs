namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// The hand-written statements of replication for SQLite. Each is a transaction of its own and reads the last commit before it
/// began, as long as the one before it was read to its end and reset: a reader left open would keep its snapshot for all of them.
/// What writes has an immediate transaction to itself, committed before the next statement begins.
/// </summary>
internal static class SqliteFeedStatements
{
    /// <summary>
    /// For each connection of the feed. NORMAL: what it writes is not synced, so that a beat a second costs no disk; a row that a power
    /// cut loses belonged to a process that the power cut ended. One second: a beat is worth no longer wait for the file.
    /// </summary>
    public const string ConnectionSettings =
        "PRAGMA busy_timeout=1000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;";

    /// <summary>The busy time-out above, for the call that sets it again.</summary>
    public const int BusyMilliseconds = 1_000;

    /// <summary>For a new epoch and a generation alone: they must survive a power cut, and are worth a wait.</summary>
    public const string Durable = "PRAGMA busy_timeout=10000; PRAGMA synchronous=FULL;";

    /// <summary>One writer at a time: the same id twice is no row, and no error.</summary>
    public const string RegisterNew = """
        INSERT INTO Replicas (ReplicaId, Beat, Ticket, Horizon, LeaseMilliseconds, Generations, Address, StartTime)
        VALUES ($id, 1, $ticket, $applied, $lease, $generations, $address, $start)
        ON CONFLICT (ReplicaId) DO NOTHING
        """;

    /// <summary>
    /// One writer at a time: the beat that is compared is the one that is raised. From the beat that was confirmed to the highest that
    /// was sent, for an answer that was lost.
    /// </summary>
    public const string RegisterAgain = """
        UPDATE Replicas
        SET Beat = $sent + 1, Ticket = max(Ticket, $ticket), Horizon = max(Horizon, $applied),
            LeaseMilliseconds = $lease, Generations = $generations, Address = $address
        WHERE ReplicaId = $id AND Beat BETWEEN $known AND $sent
        """;

    /// <summary>
    /// Reads the last commit before it began. Revisions are in the order of commits, so a change that was acknowledged before is at or
    /// below it, and nothing needs to be drawn.
    /// </summary>
    public const string DrawTicket = "SELECT Value FROM RevisionCounter WHERE Id = 1";

    /// <summary>
    /// Reads the last commit before it began: one writer at a time, so no lower revision is still under way. A statement before the
    /// rows: what is below the watermark is there for them to read.
    /// </summary>
    public const string ReadWatermark = """
        SELECT counter.Value + 1, lower(hex(epoch.Epoch)), epoch.RenewTime, CAST(round(unixepoch('subsec') * 1000) AS INTEGER)
        FROM RevisionCounter AS counter, StoreEpochs AS epoch
        WHERE counter.Id = 1 AND epoch.Id = 1
        """;

    /// <summary>Reads the last commit before it began, so every change at or below the ticket and the watermark. By the index on Revision.</summary>
    public const string ReadChanges =
        "SELECT KeyId, Revision FROM ApiKeys WHERE Revision > $horizon ORDER BY Revision LIMIT $count";

    /// <summary>One writer at a time: an older report that comes late finds the newer ticket.</summary>
    public const string Report = """
        UPDATE Replicas SET Ticket = $ticket, Horizon = max(Horizon, $applied)
        WHERE ReplicaId = $id AND (Ticket < $ticket OR (Ticket = $ticket AND Horizon < $applied))
        """;

    /// <summary>Reads the last commit before it began: every replica that had registered when the ticket was drawn.</summary>
    public const string ReadReplicas = """
        SELECT ReplicaId, Beat, Ticket, Horizon, LeaseMilliseconds, Generations, Address, StartTime
        FROM Replicas ORDER BY ReplicaId
        """;

    /// <summary>One writer at a time: the beat that is compared is the one of the row that goes.</summary>
    public const string Remove = "DELETE FROM Replicas WHERE ReplicaId = $id AND ($beat IS NULL OR Beat = $beat)";

    /// <summary>Two statements in one immediate transaction: no replica of the old epoch is found under the new one.</summary>
    public const string RenewEpoch = """
        INSERT INTO StoreEpochs (Id, Epoch, RenewTime)
        VALUES (1, randomblob(16), CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)
        ON CONFLICT (Id) DO UPDATE SET Epoch = excluded.Epoch, RenewTime = excluded.RenewTime;
        DELETE FROM Replicas;
        """;

    /// <summary>Reads the last commit before it began: every generation whose row was acknowledged before.</summary>
    public const string ReadFingerprints = "SELECT Generation, Fingerprint FROM MasterKeyFingerprints";

    /// <summary>One writer at a time: of two processes that add the same one, the second finds the row.</summary>
    public const string AddFingerprint = """
        INSERT INTO MasterKeyFingerprints (Generation, Fingerprint) VALUES ($generation, $fingerprint)
        ON CONFLICT (Generation) DO NOTHING
        """;
}
