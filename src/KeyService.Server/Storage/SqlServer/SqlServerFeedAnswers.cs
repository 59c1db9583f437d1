using System.Buffers.Binary;
using System.Data.Common;

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

    public static (long Watermark, StoreEpoch Epoch, DateTimeOffset DatabaseTime) WatermarkOf(DbDataReader row, Guid? fork) => (
        row.GetInt64(0),
        new(Convert.ToHexStringLower(row.GetFieldValue<byte[]>(1)), row.IsDBNull(2) ? null : UtcOf(row, 2), fork),
        UtcOf(row, 3));

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

    private static DateTimeOffset UtcOf(DbDataReader row, int column) =>
        new(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc));
}
