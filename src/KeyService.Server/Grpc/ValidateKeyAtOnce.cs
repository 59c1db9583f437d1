using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// ValidateKey and ValidateKeys over gRPC when nothing has to be waited for and nothing is wrong: the connection knows the credential, and memory
/// or the tag knows every answer (walk of ValidateKey, step 1). It stands in front of the gRPC framework, which costs more than the rest of such a
/// call (<c>tests/KeyService.Benchmarks</c> compares the two). A key that has to be read goes to <see cref="ValidateKeyByRead"/>; whatever else a call may
/// be, the framework gets untouched.
/// </summary>
internal sealed class ValidateKeyAtOnce(CredentialValidator credentials, KeyValidator validator, ValidateKeyByRead byRead, Metrics metrics, TimeProvider time)
{
    /// <summary>Above what any question needs, and below every limit of the framework, so that it is the one to refuse.</summary>
    private const int MaxBodyLength = 16 * 1024;

    private const int MaxBatchBodyLength = 512 * 1024;
    private const int MaxVerdicts = 8;

    private static readonly string OnePath = $"/{ApiKeyService.Descriptor.FullName}/{ValidateKeyCalls.Rpc}";
    private static readonly string BatchPath = $"/{ApiKeyService.Descriptor.FullName}/{ValidateKeyCalls.BatchRpc}";

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path.Value;
        if (path is null || path.Length < OnePath.Length) return next(http);
        if (path == OnePath) return IsOrdinary(http.Request, MaxBodyLength) ? AnswerOne(http, next) : next(http);
        return path == BatchPath && IsOrdinary(http.Request, MaxBatchBodyLength) ? AnswerLater(http, next, MaxBatchBodyLength) : next(http);
    }

    private static bool IsOrdinary(HttpRequest request, int maxLength) =>
        request.Headers is var headers && headers.ContentType.Count == 1 && headers.ContentType[0] is "application/grpc" or "application/grpc+proto"
        && HttpMethods.IsPost(request.Method) && request.Protocol == HttpProtocol.Http2 && !(headers.ContentLength > maxLength)
        && headers.GrpcEncoding.Count == 0 && !Callers.HasActor(headers);

    /// <summary>As a rule the whole body is there already.</summary>
    private Task AnswerOne(HttpContext http, RequestDelegate next)
    {
        var reader = http.Request.BodyReader;
        if (!reader.TryRead(out var read)) return AnswerLater(http, next, MaxBodyLength);
        if (!read.IsCompleted || !read.Buffer.IsSingleSegment)
        {
            reader.AdvanceTo(read.Buffer.Start);
            return read.IsCompleted ? next(http) : AnswerLater(http, next, MaxBodyLength);
        }

        if (TryAnswer(http, read.Buffer.First, out var call))
        {
            reader.AdvanceTo(read.Buffer.End);
            return Task.CompletedTask;
        }

        // The question lies in the buffer, which is given back when it was answered.
        if (call.IsGood && byRead.CanTake(http)) return byRead.AnswerAsync(http, call, read.Buffer);
        reader.AdvanceTo(read.Buffer.Start);
        return next(http);
    }

    private async Task AnswerLater(HttpContext http, RequestDelegate next, int maxLength)
    {
        var reader = http.Request.BodyReader;
        if (maxLength > CallRules.SmallestMaxMessageBytes && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = CallRules.LargestMaxMessageBytes + GrpcFrames.HeaderLength;
        try
        {
            ReadResult read;
            using (var bound = BodyBound.Begin(reader, time))
            {
                read = await reader.ReadAsync();
                // Some clients end the stream in a frame of its own.
                while (!read.IsCompleted && !bound.IsOver && read.Buffer.Length <= maxLength)
                {
                    reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    read = await reader.ReadAsync();
                }
            }

            if (read.IsCompleted && TryAnswerAny(http, read.Buffer))
            {
                reader.AdvanceTo(read.Buffer.End);
                return;
            }

            reader.AdvanceTo(read.Buffer.Start);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client went away: the framework meets the same at its own read, and knows how to end such a call.
        }

        await next(http);
    }

    private bool TryAnswerAny(HttpContext http, in ReadOnlySequence<byte> body)
    {
        var isBatch = http.Request.Path.Value == BatchPath;
        if (body.IsSingleSegment) return isBatch ? TryAnswerBatch(http, body.First) : TryAnswer(http, body.First, out _);
        var length = (int)body.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(whole);
            return isBatch ? TryAnswerBatch(http, whole.AsMemory(0, length)) : TryAnswer(http, whole.AsMemory(0, length), out _);
        }
        finally
        {
            // It held API keys.
            ArrayPool<byte>.Shared.Return(whole, clearArray: true);
        }
    }

    /// <summary>False, with nothing sent and nothing said, when the call has to wait or is not as it should be.</summary>
    /// <param name="http">The call.</param>
    /// <param name="body">Its whole body.</param>
    /// <param name="call">What was understood of it before it turned out that it has to wait.</param>
    private bool TryAnswer(HttpContext http, ReadOnlyMemory<byte> body, out GoodCall call)
    {
        call = default;
        var arrival = Moment.Now(time);
        if (!GrpcFrames.IsOneMessage(body.Span) || !ValidateKeyMessages.TryRead(body[GrpcFrames.HeaderLength..], out var question)
            || !TryFindCaller(http, arrival, out var caller))
        {
            return false;
        }

        if (!validator.TryValidateAtOnce(question, caller, arrival, out var verdict))
        {
            call = new(question, caller, arrival);
            return false;
        }

        GrpcFrames.Reply(http, ValidateKeyCalls.Encode(verdict));
        metrics.Answered((int)verdict.Verdict);
        metrics.Called(ValidateKeyCalls.Rpc, nameof(StatusCode.OK), arrival.Timestamp);
        return true;
    }

    /// <summary>The same for a batch; keys that were found before one that nobody knows at once count as used, which they are.</summary>
    private bool TryAnswerBatch(HttpContext http, ReadOnlyMemory<byte> body)
    {
        var arrival = Moment.Now(time);
        if (!GrpcFrames.IsOneMessage(body.Span) || !TryFindCaller(http, arrival, out var caller)) return false;
        var replies = ArrayPool<byte[]>.Shared.Rent(RequestRules.MaxBatch);
        Span<int> verdicts = stackalloc int[MaxVerdicts];
        verdicts.Clear();
        var count = 0;
        try
        {
            for (var rest = body[GrpcFrames.HeaderLength..]; !rest.IsEmpty; count++)
            {
                if (count == RequestRules.MaxBatch || !ValidateKeyMessages.TryTakeQuestion(ref rest, out var question)
                    || !validator.TryValidateAtOnce(question, caller, arrival, out var verdict))
                {
                    return false;
                }

                replies[count] = ValidateKeyCalls.Encode(verdict);
                verdicts[(int)verdict.Verdict]++;
            }

            var writer = GrpcFrames.BeginReply(http, ValidateKeyMessages.LengthOfBatch(replies.AsSpan(0, count)));
            ValidateKeyMessages.WriteBatch(replies.AsSpan(0, count), writer);
            GrpcFrames.EndReply(http);
            for (var verdict = 0; verdict < verdicts.Length; verdict++)
            {
                if (verdicts[verdict] > 0) metrics.Answered(verdict, verdicts[verdict]);
            }

            metrics.Called(ValidateKeyCalls.BatchRpc, nameof(StatusCode.OK), arrival.Timestamp);
            return true;
        }
        finally
        {
            replies.AsSpan(0, count).Clear();
            ArrayPool<byte[]>.Shared.Return(replies);
        }
    }

    private bool TryFindCaller(HttpContext http, in Moment arrival, out CredentialRights rights)
    {
        rights = CredentialRights.None;
        if (!Callers.TryReadCredential(http.Request.Headers, out var credential)
            || !credentials.TryValidateAgain(credential, http.Features.Get<LastCredential>(), http.Connection, arrival, out var caller)
            || !caller.Rights.Holds(Permissions.Validate))
        {
            return false;
        }

        rights = caller.Rights;
        return true;
    }
}
