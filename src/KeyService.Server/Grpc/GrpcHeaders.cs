namespace KeyService.Server.Grpc;

/// <summary>What the headers of a gRPC call must be, before its credential is looked at.</summary>
internal static class GrpcHeaders
{
    private const string ContentType = "application/grpc";

    private static readonly WireError Compressed = new(GrpcErrors.Compressed());

    /// <summary>False: the framework refuses the request by its headers, and reads nothing.</summary>
    public static bool AreOfGrpc(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Protocol == HttpProtocol.Http2
        && request.Headers.ContentType is [{ } type] && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is ';' or '+');

    /// <summary>Null when the call may go on.</summary>
    public static WireError? Refuse(IHeaderDictionary headers) => headers.GrpcEncoding is { Count: > 0 } encodings && encodings != "identity" ? Compressed : null;
}
