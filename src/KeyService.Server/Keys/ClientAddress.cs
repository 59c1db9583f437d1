using System.Net;

namespace KeyService.Server.Keys;

/// <summary>
/// The address of a client as the platforms of callers write it: beside the plain address, with a zone (<c>fe80::1%eth0</c>), in brackets, with a port
/// (<c>127.0.0.1:5000</c>, <c>[::1]:443</c>), behind a slash as in Java, or behind the scheme of a gRPC peer (<c>ipv4:127.0.0.1:5000</c>).
/// Zone and port are ignored.
/// </summary>
internal static class ClientAddress
{
    /// <summary>
    /// Null for an empty text, and for one that is not understood: no list of addresses admits it. It is not an error, because often the client of the caller
    /// chose it (<c>X-Forwarded-For: unknown</c>), and it would fail every other question of a batch.
    /// </summary>
    public static IPAddress? Parse(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return null;
        // First, because nearly all are plain.
        return AddressRange.TryParseAddress(text, out var plain) ? plain : ParseDecorated(text);
    }

    private static IPAddress? ParseDecorated(ReadOnlySpan<char> text)
    {
        text = text.Trim(' ');
        if (text.StartsWith("ipv4:", StringComparison.Ordinal) || text.StartsWith("ipv6:", StringComparison.Ordinal)) text = text["ipv4:".Length..];
        else if (text.StartsWith('/')) text = text[1..];

        if (text.StartsWith('[')) return ParseBracketed(text[1..], "]");
        // As the C core of gRPC writes a peer.
        if (text.StartsWith("%5B", StringComparison.OrdinalIgnoreCase)) return ParseBracketed(text[3..], "%5D");
        var colon = text.IndexOf(':');
        return colon >= 0 && colon == text.LastIndexOf(':') && IsPort(text[(colon + 1)..])
            ? ParseHost(text[..colon], mustBeIPv6: false)
            : ParseHost(text, mustBeIPv6: false);
    }

    private static IPAddress? ParseBracketed(ReadOnlySpan<char> text, string end)
    {
        var close = text.IndexOf(end, StringComparison.OrdinalIgnoreCase);
        if (close < 0) return null;
        var rest = text[(close + end.Length)..];
        return rest.IsEmpty || (rest[0] == ':' && IsPort(rest[1..])) ? ParseHost(text[..close], mustBeIPv6: true) : null;
    }

    private static IPAddress? ParseHost(ReadOnlySpan<char> text, bool mustBeIPv6)
    {
        var zone = text.IndexOf('%');
        if (zone >= 0)
        {
            if (zone + 1 == text.Length) return null;
            text = text[..zone];
            mustBeIPv6 = true;
        }

        if (mustBeIPv6 && !text.Contains(':')) return null;
        return AddressRange.TryParseAddress(text, out var address) ? address : null;
    }

    private static bool IsPort(ReadOnlySpan<char> text) =>
        text.Length is >= 1 and <= 5 && !text.ContainsAnyExceptInRange('0', '9')
        && int.Parse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture) <= ushort.MaxValue;
}
