using System.Buffers.Binary;
using System.Data.Common;
using System.Security.Cryptography;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>Reads what the statements of replication answer, one row at a time.</summary>
internal static class SqlServerFeedAnswers
{
    /// <summary>A rowversion's bytes sort as its number does.</summary>
    public static byte[] BytesOf(long revision)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, revision);
        return bytes;
    }

    public static KeyChange ChangeOf(DbDataReader row) =>
        new(row.GetString(0), BinaryPrimitives.ReadInt64BigEndian(row.GetFieldValue<byte[]>(1)));

    public static (long Watermark, StoreEpoch Epoch, DateTimeOffset DatabaseTime) WatermarkOf(DbDataReader row) => (
        row.GetInt64(0),
        new(Convert.ToHexStringLower(row.GetFieldValue<byte[]>(1)), row.IsDBNull(3) ? null : UtcOf(row, 3), row.IsDBNull(2) ? null : row.GetGuid(2)),
        UtcOf(row, 4));

    public static ReplicaRow ReplicaOf(DbDataReader row) => new()
    {
        ReplicaId = row.GetString(0),
        Beat = row.GetInt64(1),
        Ticket = row.GetInt64(2),
        Horizon = row.GetInt64(3),
        LeaseMilliseconds = row.GetInt64(4),
        Generations = row.GetString(5),
        Address = row.GetString(6),
        StartTime = UtcOf(row, 7),
    };

    public static MasterKeyFingerprintRow FingerprintOf(DbDataReader row) =>
        new() { Generation = row.GetString(0)[0], Fingerprint = row.GetFieldValue<byte[]>(1) };

    /// <summary>
    /// The first 16 bytes of SHA-256 over the row and, where this login may see it, the recovery fork. Two processes whose logins differ in
    /// that take each other's cached answers for another store's: slower, not wrong.
    /// </summary>
    public static string EpochIdOf(byte[] epoch, Guid? fork)
    {
        byte[] history = fork is { } guid ? [.. epoch, .. guid.ToByteArray()] : epoch;
        return Convert.ToHexStringLower(SHA256.HashData(history).AsSpan(0, 16));
    }

    private static DateTimeOffset UtcOf(DbDataReader row, int column) =>
        new(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc));
}
