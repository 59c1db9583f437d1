using System.Globalization;

namespace KeyService.Benchmarks.Load;

/// <summary>
/// Reads <c>grpc-status</c> from the header blocks (RFC 7541) of one connection, and nothing else: of the header table it keeps which entry is
/// which status. Every block must be shown to it, because a block may add to the table. Kestrel writes no Huffman codes.
/// </summary>
internal sealed class GrpcStatusReader
{
    public const int None = -1;

    private const int StaticEntries = 61;

    /// <summary>Oldest first, never forgotten: an index counts from the newest, whatever the server has evicted.</summary>
    private readonly List<int> _table = [];

    /// <summary><see cref="None"/> when the block has no status.</summary>
    public int Read(ReadOnlySpan<byte> block)
    {
        var status = None;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                if (At(Integer(ref block, bits: 7)) is var indexed and not None) status = indexed;
                continue;
            }

            if ((first & 0xE0) == 0x20)
            {
                // A new size of the table.
                Integer(ref block, bits: 5);
                continue;
            }

            var joins = (first & 0x40) != 0;
            var name = Integer(ref block, joins ? 6 : 4);
            var isStatus = name == 0 ? Text(ref block).SequenceEqual("grpc-status"u8) : At(name) != None;
            var value = Text(ref block);
            var entry = isStatus ? int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) : None;
            if (joins) _table.Add(entry);
            if (isStatus) status = entry;
        }

        return status;
    }

    private int At(int index) => index > StaticEntries ? _table[^(index - StaticEntries)] : None;

    private static ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> block)
    {
        if ((block[0] & 0x80) != 0) throw new NotSupportedException("A header is Huffman-coded.");
        var length = Integer(ref block, bits: 7);
        var text = block[..length];
        block = block[length..];
        return text;
    }

    private static int Integer(ref ReadOnlySpan<byte> block, int bits)
    {
        var mask = (1 << bits) - 1;
        var value = block[0] & mask;
        var read = 1;
        if (value == mask)
        {
            for (var shift = 0; ; shift += 7)
            {
                var next = block[read++];
                value += (next & 0x7F) << shift;
                if ((next & 0x80) == 0) break;
            }
        }

        block = block[read..];
        return value;
    }
}
