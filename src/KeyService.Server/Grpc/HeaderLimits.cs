using Microsoft.Extensions.Primitives;

namespace KeyService.Server.Grpc;

/// <summary>
/// How many headers a call may have, and how long they may be together. Kestrel has limits of its own, above these: over HTTP/2 it answers them by closing the
/// connection, which fails all other calls on it, of other callers too where a gateway shares connections. This refuses the one call.
/// </summary>
internal static class HeaderLimits
{
    public const int MaxCount = 64;

    /// <summary>Names and values.</summary>
    public const int MaxBytes = 16 * 1024;

    private static readonly WireError TooLarge = new(GrpcErrors.HeadersTooLarge());
    private static readonly JsonError TooLargeJson = new(GrpcErrors.HeadersTooLarge(), StatusCodes.Status431RequestHeaderFieldsTooLarge);

    /// <summary>
    /// Whether they are within the limits. A gRPC client sends at most these nine headers by itself: where there are no others, they are added up without enumerating, which
    /// would allocate. Names of these are not counted.
    /// </summary>
    public static bool AreMet(IHeaderDictionary headers)
    {
        var others = headers.Count;
        var length = 0;
        Add(headers.Host, ref others, ref length);
        Add(headers.ContentType, ref others, ref length);
        Add(headers.Authorization, ref others, ref length);
        Add(headers.UserAgent, ref others, ref length);
        Add(headers.TE, ref others, ref length);
        Add(headers.GrpcAcceptEncoding, ref others, ref length);
        Add(headers.GrpcTimeout, ref others, ref length);
        Add(headers.TraceParent, ref others, ref length);
        if (headers.ContentLength.HasValue) others--;
        return others == 0 ? length <= MaxBytes : AreAllMet(headers);
    }

    public static Task RefuseAsync(HttpContext http, bool isGrpc)
    {
        if (!isGrpc) return TooLargeJson.SendAsync(http);
        TooLarge.Send(http.Response);
        return Task.CompletedTask;
    }

    private static void Add(in StringValues values, ref int others, ref int length)
    {
        // One that is repeated is for AreAllMet.
        if (values.Count != 1) return;
        others--;
        length += values[0]!.Length;
    }

    private static bool AreAllMet(IHeaderDictionary headers)
    {
        var count = 0;
        var length = 0;
        foreach (var (name, values) in headers)
        {
            count += values.Count;
            foreach (var value in values) length += name.Length + (value?.Length ?? 0);
            if (count > MaxCount || length > MaxBytes) return false;
        }

        return true;
    }
}
