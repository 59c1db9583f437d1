using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using KeyService.Server.Observability;

namespace KeyService.Server.Grpc;

/// <summary>
/// Looks at the body of a gRPC call before the framework does: one message, not compressed, no longer than the RPC allows, there within a bound, and
/// so is its end. The framework has one length for all RPCs, and would wait for a body, or for its end alone, as long as the connection lives.
/// </summary>
internal static class GrpcBodies
{
    private static readonly WireError TooLarge = new(GrpcErrors.TooLarge());
    private static readonly WireError TooLate = new(GrpcErrors.InvalidFields([("body", BodyBound.Violation)]));
    private static readonly WireError Unreadable = new(GrpcErrors.InvalidFields([("body", "could not be read")]));
    private static readonly WireError Compressed = new(GrpcErrors.Compressed());
    private static readonly WireError TooMany = new(GrpcErrors.InvalidFields([("body", "must be one message")]));

    /// <summary>Null when the framework may have the call, with nothing of its body consumed.</summary>
    public static async ValueTask<WireError?> RefuseAsync(HttpContext http, int maxMessageBytes, TimeProvider time)
    {
        try
        {
            return await LookAsync(http.Request.BodyReader, maxMessageBytes, time);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge ? TooLarge : Unreadable;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client went away: the framework meets the same at its own read, and knows how to end such a call.
            return null;
        }
    }

    /// <summary>For whoever waited for the body before that: it, or its end, was not there within the bound.</summary>
    public static void RefuseLate(HttpContext http, string rpc, Metrics metrics, TimeProvider time)
    {
        TooLate.Send(http.Response);
        metrics.Called(rpc, TooLate.Code.ToString(), time.GetTimestamp());
    }

    private static async ValueTask<WireError?> LookAsync(PipeReader reader, int maxMessageBytes, TimeProvider time)
    {
        BodyBound? bound = null;
        try
        {
            while (true)
            {
                if (!reader.TryRead(out var read))
                {
                    bound ??= BodyBound.Begin(reader, time);
                    read = await reader.ReadAsync();
                }

                var error = read.IsCanceled && bound is { IsOver: true } ? TooLate : Judge(read.Buffer, maxMessageBytes);
                reader.Keep(read.Buffer);
                if (error is not null || read.IsCompleted) return error;
            }
        }
        finally
        {
            bound?.Dispose();
        }
    }

    /// <summary>Null as long as it may still become one message.</summary>
    private static WireError? Judge(in ReadOnlySequence<byte> body, int maxMessageBytes)
    {
        if (body.Length < GrpcFrames.HeaderLength) return null;
        Span<byte> header = stackalloc byte[GrpcFrames.HeaderLength];
        body.Slice(0, GrpcFrames.HeaderLength).CopyTo(header);
        if (header[0] == 1) return Compressed;
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > maxMessageBytes) return TooLarge;
        return body.Length > GrpcFrames.HeaderLength + length ? TooMany : null;
    }
}
