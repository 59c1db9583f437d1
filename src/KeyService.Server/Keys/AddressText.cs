using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KeyService.Server.Keys;

/// <summary>
/// IP addresses as written by careful people. The framework's own parser also takes <c>10.1</c>, <c>0x0A.0.0.1</c>, <c>010.0.0.1</c> (octal),
/// <c>[::1]:80</c> and zones; two programs that read such a text differently disagree on who is let in.
/// </summary>
internal static class AddressText
{
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>An IPv4-mapped IPv6 address stays one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text.ContainsAnyExcept(AddressCharacters))
            return false;
        var tail = text[(text.LastIndexOf(':') + 1)..];
        if (tail.Contains('.') && !IsDottedQuad(tail))
            return false;
        if (tail.Length == text.Length && !tail.Contains('.'))
            return false;
        return IPAddress.TryParse(text, out address);
    }

    /// <summary>Decimal digits without a sign or a leading zero, not above <paramref name="max"/>.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, int max, out int number)
    {
        number = 0;
        if (text.Length is 0 or > 3 || (text.Length > 1 && text[0] == '0'))
            return false;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;
    }

    /// <summary>The one form that reaches comparisons: a dual-stack socket names IPv4 clients <c>::ffff:a.b.c.d</c>.</summary>
    public static IPAddress Unmap(IPAddress address) =>
        address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var octets = 0;
        foreach (var part in text.Split('.'))
        {
            if (!TryParseNumber(text[part], 255, out _))
                return false;
            octets++;
        }

        return octets == 4;
    }
}
