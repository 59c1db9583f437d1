using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace KeyService.Server.Keys;

/// <summary>
/// A CIDR such as <c>10.0.0.0/8</c> or <c>2001:db8::/32</c>. IPv4 written as mapped IPv6 is IPv4, on either side; so no IPv6 range,
/// not even <c>::/0</c>, holds an IPv4 client. The default value holds nobody.
/// </summary>
internal readonly struct AddressRange : IEquatable<AddressRange>
{
    private const int MappedPrefix = 96;

    private readonly UInt128 _network;
    private readonly int _prefix;
    private readonly int _width;

    private AddressRange(UInt128 network, int prefix, int width)
    {
        _network = network;
        _prefix = prefix;
        _width = width;
    }

    /// <param name="problem">Why not, as the rest of a sentence that begins with the field's name; empty when it parses.</param>
    public static bool TryParse(string text, out AddressRange range, out string problem)
    {
        range = default;
        var slash = text.IndexOf('/');
        if (!AddressText.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var written))
        {
            problem = "is not an IPv4 or IPv6 address or CIDR, such as 10.0.0.0/8 or 2001:db8::/32";
            return false;
        }

        var writtenWidth = WidthOf(written);
        var prefix = writtenWidth;
        if (slash >= 0 && !AddressText.TryParseNumber(text.AsSpan(slash + 1), writtenWidth, out prefix))
        {
            problem = $"has a prefix length that is not a number from 0 to {writtenWidth}";
            return false;
        }

        var address = prefix >= MappedPrefix ? AddressText.Unmap(written) : written;
        var width = WidthOf(address);
        prefix -= writtenWidth - width;
        var bits = ToBits(address);
        var network = bits & Mask(prefix, width);
        range = new AddressRange(network, prefix, width);
        problem = network == bits ? "" : $"has host bits set; did you mean {range}";
        if (problem.Length > 0)
            range = default;
        return problem.Length == 0;
    }

    /// <summary>A single address, as strictly as a range, without a prefix length; mapped IPv6 comes out as IPv4.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        if (!AddressText.TryParse(text, out address))
            return false;
        address = AddressText.Unmap(address);
        return true;
    }

    /// <summary>An IPv6 zone (<c>%eth0</c>) is not compared.</summary>
    public bool Contains(IPAddress address)
    {
        var client = AddressText.Unmap(address);
        return WidthOf(client) == _width && (ToBits(client) & Mask(_prefix, _width)) == _network;
    }

    public bool Equals(AddressRange other) => _network == other._network && _prefix == other._prefix && _width == other._width;

    public override bool Equals(object? obj) => obj is AddressRange other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_network, _prefix, _width);

    /// <summary>Canonical: always with a prefix length, IPv6 in its short lower-case form.</summary>
    public override string ToString()
    {
        if (_width == 0)
            return "none";
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _network);
        return $"{new IPAddress(bytes[^(_width / 8)..])}/{_prefix}";
    }

    private static int WidthOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    private static UInt128 ToBits(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes[^(WidthOf(address) / 8)..], out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    // A shift by the full 128 bits would be a shift by none: prefix 0 of IPv6 is a case of its own.
    private static UInt128 Mask(int prefix, int width) => prefix == 0 ? UInt128.Zero : UInt128.MaxValue << (width - prefix);
}
