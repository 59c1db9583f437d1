using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace KeyService.Server.Lookup;

/// <summary>
/// Reads <c>ConnectionStrings:Redis</c>. The library takes a URL or a path for a host name and passes over an address whose port is no number: such a Redis
/// would only ever be "not reachable".
/// </summary>
internal static partial class RedisSettings
{
    /// <summary>What is wrong with it, with no word of it: it may have a password in it. Null when it can be used.</summary>
    public static string? Fault(string connectionString)
    {
        if (connectionString.Contains("://", StringComparison.Ordinal)) return "it is a URL; write host:6379,password=...,ssl=true instead";
        var entries = connectionString.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var hosts = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var isOption = entries[i].Contains('=', StringComparison.Ordinal);
            if (!isOption) hosts++;
            if (isOption ? !CanParse("host," + entries[i]) : !IsEndpoint(entries[i]))
                return string.Create(CultureInfo.InvariantCulture, $"entry {i + 1} of {entries.Length} is neither a host with a port from 1 to 65535 nor an option that is known");
        }

        return hosts == 0 ? "no host is named" : CanParse(connectionString) ? null : "it cannot be read";
    }

    /// <exception cref="ArgumentException"><see cref="Fault"/> says more.</exception>
    public static ConfigurationOptions Parse(string connectionString)
    {
        var redis = ConfigurationOptions.Parse(connectionString);
        redis.AbortOnConnectFail = false;
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.ConnectTimeout = 2_000;
        redis.AsyncTimeout = 1_000;
        redis.HeartbeatInterval = TimeSpan.FromSeconds(1);
        redis.ReconnectRetryPolicy = new LinearRetry(500);
        redis.ClientName = "keyservice";
        return redis;
    }

    private static bool CanParse(string connectionString)
    {
        try
        {
            _ = Parse(connectionString);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static bool IsEndpoint(string text)
    {
        // A path of a socket.
        if (text.Length > 1 && text[0] == '!') return CanParse(text);
        var match = Endpoint().Match(text);
        if (!match.Success) return false;
        var (host, port) = (match.Groups["host"].Value.Trim('[', ']'), match.Groups["port"]);
        if (port.Success && !(int.TryParse(port.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 65_535)) return false;
        // Of digits and dots alone is an address, or a typing error.
        return host.Contains(':', StringComparison.Ordinal) || host.All(c => char.IsAsciiDigit(c) || c == '.')
            ? IPAddress.TryParse(host, out _) && (host.Contains(':', StringComparison.Ordinal) || host.Count(c => c == '.') == 3)
            : CanParse(text);
    }

    /// <summary>A name, an IPv4 address, or an IPv6 address that is in brackets when a port follows.</summary>
    [GeneratedRegex(
        @"^((?<host>[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?|\[[0-9A-Fa-f:.]+\])(:(?<port>[^:]*))?|(?<host>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Endpoint();
}
