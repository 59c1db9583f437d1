using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>A unary call on the wire, for what is answered in front of the gRPC framework: one message each way, each behind five bytes (flag, length).</summary>
internal static class GrpcFrames
{
    /// <summary>Bytes before a message.</summary>
    public const int HeaderLength = 5;

    /// <summary>One message, not compressed, whole, and nothing after it.</summary>
    public static bool IsOneMessage(ReadOnlySpan<byte> body) =>
        body.Length >= HeaderLength && body[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(body[1..]) == body.Length - HeaderLength;

    /// <summary>The whole answer.</summary>
    public static void Reply(HttpContext http, byte[] message)
    {
        BeginReply(http, message.Length).Write(message);
        EndReply(http);
    }

    /// <summary>The caller writes as many bytes as it says, and then ends the reply.</summary>
    public static PipeWriter BeginReply(HttpContext http, int length)
    {
        http.Response.Headers.ContentType = "application/grpc";
        var writer = http.Response.BodyWriter;
        var header = writer.GetSpan(HeaderLength);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
        writer.Advance(HeaderLength);
        return writer;
    }

    public static void EndReply(HttpContext http) =>
        http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers.GrpcStatus = "0";
}
