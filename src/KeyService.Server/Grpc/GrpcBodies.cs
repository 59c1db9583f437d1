using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace KeyService.Server.Grpc;

/// <summary>
/// Looks at the body of a gRPC call before the framework does: not compressed, no longer than the RPC allows, there within a bound. The framework
/// has one length for all RPCs, and would wait for a body as long as some of it trickles in.
/// </summary>
internal static class GrpcBodies
{
    private static readonly WireError TooLarge = new(GrpcErrors.TooLarge());
    private static readonly WireError TooLate = new(GrpcErrors.InvalidFields([("body", BodyBound.Violation)]));
    private static readonly WireError Unreadable = new(GrpcErrors.InvalidFields([("body", "could not be read")]));
    private static readonly WireError Compressed = new(GrpcErrors.Compressed());

    /// <summary>Null when the framework may have the call, with nothing of its body consumed.</summary>
    public static async ValueTask<WireError?> RefuseAsync(HttpContext http, int maxMessageBytes, TimeProvider time)
    {
        if (http.Request.Headers["grpc-encoding"] is { Count: > 0 } encodings && encodings != "identity") return Compressed;
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

                var (error, complete) = read.IsCanceled && bound is { IsOver: true } ? (TooLate, true) : Judge(read.Buffer, maxMessageBytes);
                if (error is null && !complete && !read.IsCompleted)
                {
                    reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                reader.AdvanceTo(read.Buffer.Start);
                return error;
            }
        }
        finally
        {
            bound?.Dispose();
        }
    }

    private static (WireError? Error, bool Complete) Judge(in ReadOnlySequence<byte> body, int maxMessageBytes)
    {
        if (body.Length < GrpcFrames.HeaderLength) return (null, false);
        Span<byte> header = stackalloc byte[GrpcFrames.HeaderLength];
        body.Slice(0, GrpcFrames.HeaderLength).CopyTo(header);
        if (header[0] == 1) return (Compressed, true);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        return length > maxMessageBytes ? (TooLarge, true) : (null, body.Length >= GrpcFrames.HeaderLength + length);
    }
}
