using System.Buffers.Binary;
using System.Security.Cryptography;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// Ids that come in the order of SQL Server's <c>uniqueidentifier</c>, which compares the last six bytes first: version 7, with the time at the other end, would be
/// inserted all over an index. Version 8 of RFC 9562: 74 random bits, then the milliseconds since 1970.
/// </summary>
internal static class SqlServerGuids
{
    private const int Size = 16;
    private const int TimeSize = 6;

    public static Guid New(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes[..^TimeSize]);
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, now.ToUnixTimeMilliseconds());
        time[^TimeSize..].CopyTo(bytes[^TimeSize..]);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new(bytes, bigEndian: true);
    }
}
