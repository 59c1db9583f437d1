using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace KeyService.Server.Grpc;

/// <summary>
/// The paths of JSON, health and metrics with their HTTP methods, each path in one spelling. Routing alone takes upper case, a slash at the end and encoded
/// letters too, and takes a verb such as <c>:reveal</c> for a part of an id, so that its 405 names methods of other paths.
/// </summary>
internal sealed class ApiPaths
{
    private readonly List<(string[] Segments, string[] Methods)> _paths = [];

    public ApiPaths(IEnumerable<Endpoint> endpoints)
    {
        foreach (var endpoint in endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is not { HttpMethods.Count: > 0 } metadata || endpoint.RoutePattern.RawText is not { Length: > 1 } text) continue;
            // A path that answers GET answers HEAD (RFC 9110, 9.1).
            var methods = metadata.HttpMethods.Contains(HttpMethods.Get) ? metadata.HttpMethods.Append(HttpMethods.Head) : metadata.HttpMethods;
            _paths.Add((text[1..].Split('/'), [.. methods.Distinct(StringComparer.Ordinal)]));
        }
    }

    /// <summary>What may be done at a path; nothing when there is no such path, or it is spelled otherwise.</summary>
    /// <param name="rawPath">As the client wrote it.</param>
    public IReadOnlyList<string> MethodsOf(ReadOnlySpan<char> rawPath)
    {
        if (!PathSpelling.IsCanonical(rawPath)) return [];
        var segments = rawPath[1..].ToString().Split('/');
        return [.. _paths.Where(path => Matches(path.Segments, segments)).SelectMany(path => path.Methods).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static bool Matches(string[] pattern, string[] segments)
    {
        if (pattern.Length != segments.Length) return false;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (!Matches(pattern[i], segments[i])) return false;
        }

        return true;
    }

    /// <summary>A literal, <c>{field}</c>, or <c>{field}:verb</c>. No id has a colon.</summary>
    private static bool Matches(string pattern, string segment)
    {
        if (!pattern.StartsWith('{')) return pattern == segment;
        var verb = pattern[(pattern.IndexOf('}', StringComparison.Ordinal) + 1)..];
        return segment.Length > verb.Length && segment.EndsWith(verb, StringComparison.Ordinal) && !segment[..^verb.Length].Contains(':', StringComparison.Ordinal);
    }
}
