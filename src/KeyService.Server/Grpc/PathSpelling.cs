using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// The path of a request as the client wrote it. The server's own reading decodes it and resolves dots: an action would have more addresses than a rule of
/// a proxy in front can name.
/// </summary>
internal static class PathSpelling
{
    /// <summary>Whether the request target is the decoded path itself: nothing encoded, no dots, no query. Compares references as a rule.</summary>
    public static bool IsAsSent(HttpRequest request) => request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget == request.Path.Value;

    /// <summary>The path of the request target, still encoded and without the query; of its absolute form, what follows the authority.</summary>
    public static ReadOnlySpan<char> RawPathOf(HttpContext http)
    {
        var target = (http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").AsSpan();
        if (target.IndexOf('?') is var query and >= 0) target = target[..query];
        if (target.StartsWith("/", StringComparison.Ordinal) || target.IndexOf("://", StringComparison.Ordinal) is not (var scheme and > 0)) return target;
        var rest = target[(scheme + 3)..];
        return rest.IndexOf('/') is var slash and >= 0 ? rest[slash..] : "/";
    }

    /// <summary>
    /// Whether a path is in its one spelling: no segment is empty, <c>.</c> or <c>..</c>, and nothing is percent-encoded that need not be (RFC 3986, 2.3), a
    /// colon included. Upper and lower case are told apart by whoever compares it.
    /// </summary>
    public static bool IsCanonical(ReadOnlySpan<char> rawPath)
    {
        if (!rawPath.StartsWith("/", StringComparison.Ordinal)) return false;
        foreach (var range in rawPath[1..].Split('/'))
        {
            if (rawPath[1..][range] is "" or "." or "..") return false;
        }

        for (var i = rawPath.IndexOf('%'); i >= 0 && i < rawPath.Length; i++)
        {
            if (rawPath[i] != '%') continue;
            if (i + 2 >= rawPath.Length || !char.IsAsciiHexDigit(rawPath[i + 1]) || !char.IsAsciiHexDigit(rawPath[i + 2])) return false;
            var decoded = (char)((Convert.FromHexString(rawPath.Slice(i + 1, 2)))[0]);
            if (char.IsAsciiLetterOrDigit(decoded) || decoded is '-' or '.' or '_' or '~' or ':') return false;
        }

        return true;
    }
}
