using System.Security.Cryptography;

namespace KeyService.Server.Storage;

/// <summary>
/// What replication asks of the database: the feed, the table of replicas, and the generations of master keys. Hand-written statements, in one round trip where the engine
/// allows it; every read goes to the primary.
/// </summary>
internal interface IReplicationStore
{
    /// <summary>For how long a commit may have left the list of active transactions before every read sees it. A watermark counts once it is older.</summary>
    TimeSpan SettleTime { get; }

    /// <summary>Runs the steps one after the other: each sees everything that was committed before it began.</summary>
    Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation);

    /// <summary>Raises ticket and horizon in a replica's row; a lower ticket changes nothing, a row that is gone neither.</summary>
    Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation);

    /// <summary>Draws a ticket if asked to, then reads epoch, time and all rows of <c>Replicas</c>.</summary>
    Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation);

    /// <summary>Deletes a replica's row, if its beat is still this one; null: whatever its beat is.</summary>
    Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation);

    /// <summary>A new random epoch, and no replicas: what a process kept from before is never believed again.</summary>
    Task RenewEpochAsync(CancellationToken cancellation);

    /// <summary>The generations of master keys of which there may be keys.</summary>
    Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation);

    /// <summary>Adds a generation, durably; one that is there already is left alone, whatever its fingerprint.</summary>
    Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation);
}

/// <summary>The statements of a feed cycle.</summary>
internal enum FeedStep
{
    /// <summary>Inserts the own row with beat 1, or raises its beat, and its ticket with it.</summary>
    Register,

    /// <summary>Draws a ticket: higher than every ticket drawn before, or on SQLite not lower than any revision committed before.</summary>
    DrawTicket,

    /// <summary>Reads watermark, epoch and the database's time.</summary>
    ReadWatermark,

    /// <summary>Reads the changes above the request's horizon, those above the watermark too.</summary>
    ReadChanges,
}

/// <param name="Own">The own row.</param>
/// <param name="Horizon">Changes above it are read.</param>
/// <param name="MaxChanges">One more than this is read, to tell that there are too many.</param>
internal sealed record FeedRequest(ReplicaRegistration Own, long Horizon, int MaxChanges);

/// <summary>A row of <c>Replicas</c> as its owner writes it.</summary>
/// <param name="ReplicaId">Random, 32 lower-case hex; new for each start as new.</param>
/// <param name="BeatKnown">The beat that was last confirmed; 0: there is no row yet, insert it with beat 1.</param>
/// <param name="BeatSent">The highest beat that may have been written: an answer may have been lost. The new beat is one above it.</param>
/// <param name="Ticket">The last ticket under which changes were applied.</param>
/// <param name="Horizon">Every change at or below it has been applied.</param>
/// <param name="Lease">How long the replica may answer from memory after it registered.</param>
/// <param name="Generations">The master keys that it knows, one base62 digit each, newest first.</param>
/// <param name="Address">Where its gRPC port can be reached; empty when it says nothing.</param>
/// <param name="StartTime">When its process started, by its own clock.</param>
internal sealed record ReplicaRegistration(
    string ReplicaId, long BeatKnown, long BeatSent, long Ticket, long Horizon, TimeSpan Lease, string Generations, string Address, DateTimeOffset StartTime);

/// <summary>What the steps of a cycle brought; a step that was left out leaves its part at the default.</summary>
/// <param name="Registered">Exactly one row was written.</param>
/// <param name="Ticket">The ticket drawn.</param>
/// <param name="Watermark">Every change below it is committed or will never be; every later one is at or above it.</param>
/// <param name="Epoch">The database's history.</param>
/// <param name="DatabaseTime">The database's own clock.</param>
/// <param name="Changes">Key id and revision, by revision.</param>
internal sealed record FeedAnswer(
    bool Registered, long Ticket, long Watermark, StoreEpoch? Epoch, DateTimeOffset DatabaseTime, IReadOnlyList<KeyChange> Changes);

/// <summary>A key's latest change.</summary>
internal readonly record struct KeyChange(string KeyId, long Revision);

/// <summary>Tells one history of a database from another: after a restore tickets and revisions repeat.</summary>
/// <param name="Row">The renewable row: 16 bytes as 32 lower-case hex.</param>
/// <param name="RenewTime">When <c>keyservice recover</c> renewed it, by the database's clock; null when it never did.</param>
/// <param name="Fork">SQL Server's recovery fork; null where it cannot be seen, which says nothing of the history.</param>
internal sealed record StoreEpoch(string Row, DateTimeOffset? RenewTime, Guid? Fork = null)
{
    // Without a setter: the id is made of both.
    public string Row { get; } = Row;

    public Guid? Fork { get; } = Fork;

    /// <summary>
    /// 16 bytes as 32 lower-case hex: the row, and under a fork the first 16 bytes of SHA-256 over both. Two processes whose logins differ in what
    /// they may see take each other's cached answers for another store's: slower, not wrong.
    /// </summary>
    public string Id { get; } = Fork is { } fork
        ? Convert.ToHexStringLower(SHA256.HashData([.. Convert.FromHexString(Row), .. fork.ToByteArray()]).AsSpan(0, 16))
        : Row;

    /// <summary>A fork that only one of the two shows is no other history: a permission was changed.</summary>
    public bool IsAnotherThan(StoreEpoch known) =>
        Row != known.Row || RenewTime != known.RenewTime || (Fork is { } fork && known.Fork is { } before && fork != before);

    /// <summary>With what was seen of the same history before and cannot be seen now.</summary>
    public StoreEpoch Over(StoreEpoch? before) => Fork is null && before?.Fork is { } fork && before.Row == Row ? new(Row, RenewTime, fork) : this;

    /// <param name="bytes">16 bytes.</param>
    public bool Is(ReadOnlySpan<byte> bytes)
    {
        Span<char> hex = stackalloc char[32];
        return Convert.TryToHexStringLower(bytes, hex, out _) && hex.SequenceEqual(Id);
    }
}

/// <param name="Ticket">The ticket drawn, before the rows were read; 0 when none was asked for.</param>
/// <param name="Epoch">The database's history.</param>
/// <param name="DatabaseTime">The database's own clock.</param>
/// <param name="Rows">All replicas.</param>
internal sealed record ReplicaLook(long Ticket, StoreEpoch Epoch, DateTimeOffset DatabaseTime, IReadOnlyList<ReplicaRow> Rows);

/// <summary>A row of <c>Replicas</c>: a process that keeps looked-up keys.</summary>
internal sealed class ReplicaRow
{
    public required string ReplicaId { get; init; }

    public required long Beat { get; init; }

    public required long Ticket { get; init; }

    public required long Horizon { get; init; }

    public required long LeaseMilliseconds { get; init; }

    public required string Generations { get; init; }

    public required string Address { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    public TimeSpan Lease => TimeSpan.FromMilliseconds(LeaseMilliseconds);
}
