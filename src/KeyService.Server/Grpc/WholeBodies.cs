using System.Buffers;
using System.IO.Pipelines;

namespace KeyService.Server.Grpc;

/// <summary>What came of waiting for a body.</summary>
internal enum BodyState
{
    /// <summary>The caller advances the reader.</summary>
    Whole,

    /// <summary>It is longer than that, or the client went away: nothing of it is consumed, and the framework knows how to end such a call.</summary>
    Other,

    /// <summary>It, or its end, was not there within the bound.</summary>
    TooLate,
}

/// <summary>Reads the body of a call that is answered in front of the gRPC framework. Some clients end the stream in a frame of its own, and networks cut messages in two.</summary>
internal static class WholeBodies
{
    /// <summary>Whether nothing has to be waited for. Nothing is consumed.</summary>
    public static bool IsHere(PipeReader reader)
    {
        if (!reader.TryRead(out var read)) return false;
        reader.AdvanceTo(read.Buffer.Start);
        return read.IsCompleted;
    }

    public static async ValueTask<(BodyState State, ReadOnlySequence<byte> Body)> ReadAsync(PipeReader reader, int maxLength, TimeProvider time)
    {
        try
        {
            using var bound = BodyBound.Begin(reader, time);
            SequencePosition? examined = null;
            while (true)
            {
                var read = await reader.ReadAsync();
                if (read.IsCompleted && read.Buffer.Length <= maxLength) return (BodyState.Whole, read.Buffer);
                if (!read.IsCompleted && !bound.IsOver && read.Buffer.Length <= maxLength)
                {
                    reader.Keep(read.Buffer);
                    examined = read.Buffer.End;
                    continue;
                }

                // What is longer is there for the framework's next read: not all of it is examined.
                reader.AdvanceTo(read.Buffer.Start, examined ?? read.Buffer.Start);
                return (bound.IsOver && !read.IsCompleted ? BodyState.TooLate : BodyState.Other, default);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return (BodyState.Other, default);
        }
    }

    /// <summary>In one piece; a copy is wiped after that.</summary>
    public static bool Look(in ReadOnlySequence<byte> body, Func<ReadOnlyMemory<byte>, bool> look)
    {
        if (body.IsSingleSegment) return look(body.First);
        var length = (int)body.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(whole);
            return look(whole.AsMemory(0, length));
        }
        finally
        {
            // It held API keys.
            ArrayPool<byte>.Shared.Return(whole, clearArray: true);
        }
    }
}
