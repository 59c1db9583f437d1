namespace KeyService.Server.Storage;

/// <summary>A row of <c>KeySecrets</c>: what is stored instead of an API key. A key may have two while it is rotated.</summary>
internal sealed class KeySecretRow
{
    /// <summary>HMAC-SHA-256 of the API key under the digest key: 32 bytes, unique.</summary>
    public required byte[] Digest { get; init; }

    public required string KeyId { get; init; }

    /// <summary>The master key that digest and seal are made with.</summary>
    public required char Generation { get; init; }

    /// <summary>The API key under the reveal key; null when it is not recoverable.</summary>
    public byte[]? Sealed { get; set; }

    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>From then on the secret is a tombstone: its digest stays taken, no look-up finds it.</summary>
    public DateTimeOffset? RetireTime { get; set; }
}

/// <summary>A row of <c>KeyUsage</c>: apart from <c>ApiKeys</c>, or every flush would look like a change of the key.</summary>
internal sealed class KeyUsageRow
{
    public required string KeyId { get; init; }

    public required DateTimeOffset LastUsedTime { get; set; }
}

/// <summary>A row of <c>RequestRecords</c>: which key a <c>request_id</c> made.</summary>
internal sealed class RequestRecordRow
{
    public required string CallerId { get; init; }

    public required string WorkspaceId { get; init; }

    public required string Rpc { get; init; }

    public required string RequestId { get; init; }

    /// <summary>SHA-256 of the request's canonical form.</summary>
    public required byte[] Fingerprint { get; set; }

    public required string KeyId { get; set; }

    public required DateTimeOffset CreateTime { get; set; }
}

/// <summary>A row of <c>AuditEvents</c>; its MAC covers every other column and the MAC of the event before it.</summary>
internal sealed class AuditEventRow
{
    public required string WorkspaceId { get; init; }

    /// <summary>From 1 in each workspace, without gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary>Made before the transaction: tells whether a commit whose acknowledgement was lost has happened.</summary>
    public required Guid EventId { get; init; }

    public required DateTimeOffset EventTime { get; init; }

    public required string Action { get; init; }

    public required string Actor { get; init; }

    public required string OnBehalfOf { get; init; }

    public required string KeyId { get; init; }

    /// <summary>The record as JSON; empty when there was none.</summary>
    public required string Before { get; init; }

    /// <summary>The record as JSON; empty when nothing changed.</summary>
    public required string After { get; init; }

    /// <summary>The master key whose audit key made the MAC.</summary>
    public required char Generation { get; init; }

    public required byte[] Mac { get; init; }
}

/// <summary>A row of <c>AuditHeads</c>: the end of a workspace's chain, and the point before which it was purged.</summary>
internal sealed class AuditHeadRow
{
    public required string WorkspaceId { get; init; }

    public required long Sequence { get; set; }

    public required byte[] Mac { get; set; }

    /// <summary>Not stored: where the chain ended when this transaction took it.</summary>
    public long SequenceBefore { get; set; }

    /// <summary>Not stored: the MAC there.</summary>
    public byte[] MacBefore { get; set; } = [];

    /// <summary>Events up to here were purged: the chain begins after it, with <see cref="PurgedMac"/>.</summary>
    public required long PurgedSequence { get; set; }

    public required byte[] PurgedMac { get; set; }

    /// <summary>Seals the purge point, so that a chain cut short by hand is not taken for a purged one.</summary>
    public required byte[] PurgedSeal { get; set; }

    public required char PurgedGeneration { get; set; }
}

/// <summary>
/// A row of <c>MasterKeyFingerprints</c>: there may be keys of this generation, so every process must have it. The fingerprint tells a wrong
/// master key from the right one, and nothing about it.
/// </summary>
internal sealed class MasterKeyFingerprintRow
{
    public required char Generation { get; init; }

    public required byte[] Fingerprint { get; init; }
}

/// <summary>
/// A row of <c>SessionKeys</c>: a key that protects console sessions, or the revocation of some, sealed whole. What it is in, only
/// <c>Sessions/</c> knows.
/// </summary>
internal sealed class SessionKeyRow
{
    /// <summary>The row's own; the seal is bound to it.</summary>
    public required Guid Id { get; init; }

    /// <summary>The master key that sealed it.</summary>
    public required char Generation { get; init; }

    public required byte[] Sealed { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>From then on the key protects nothing new; null for what does not expire. For retention alone: the seal holds the true one.</summary>
    public DateTimeOffset? ExpireTime { get; init; }
}

/// <summary>A row of <c>EndedSessions</c>: a console session that was ended before its cookie does.</summary>
internal sealed class EndedSessionRow
{
    /// <summary>The session's own: random, and of no use without the cookie.</summary>
    public required Guid Id { get; init; }

    public required DateTimeOffset EndTime { get; init; }
}

/// <summary>The one row of <c>StoreEpochs</c>: random for each store; the migration that makes the table draws it.</summary>
internal sealed class StoreEpochRow
{
    public required int Id { get; init; }

    /// <summary>16 random bytes.</summary>
    public required byte[] Epoch { get; init; }

    /// <summary>When <c>keyservice recover</c> drew it, by the database's clock; null for the first.</summary>
    public DateTimeOffset? RenewTime { get; init; }
}

/// <summary>SQLite only: one row with the latest revision, raised in the transaction of each change.</summary>
internal sealed class RevisionCounterRow
{
    public required int Id { get; init; }

    public required long Value { get; set; }
}
