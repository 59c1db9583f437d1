namespace KeyService.Server.Grpc;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit (gRPC over HTTP/2, "Requests").</summary>
internal static class GrpcTimeouts
{
    private const int MostDigits = 8;

    /// <summary>More than any call lasts.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static bool TryRead(ReadOnlySpan<char> header, out TimeSpan timeout)
    {
        timeout = default;
        if (header.Length is < 2 or > MostDigits + 1) return false;
        long number = 0;
        foreach (var digit in header[..^1])
        {
            if (!char.IsAsciiDigit(digit)) return false;
            number = (number * 10) + (digit - '0');
        }

        var unit = header[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            // A tick is 100 of them.
            'n' => 0,
            _ => -1,
        };
        if (unit < 0) return false;
        timeout = unit == 0 ? TimeSpan.FromTicks(number / TimeSpan.NanosecondsPerTick) : TimeSpan.FromTicks(number * unit);
        if (timeout > Longest) timeout = Longest;
        return true;
    }
}
