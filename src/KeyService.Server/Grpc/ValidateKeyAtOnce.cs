using System.Buffers;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>
/// ValidateKey over gRPC when nothing has to be waited for and nothing is wrong: the connection knows the credential, and memory or the tag knows the
/// answer (walk of ValidateKey, step 1). It stands in front of the gRPC framework, which costs more than the rest of such a call
/// (<c>tests/KeyService.Benchmarks</c> compares the two). A key that has to be read goes to <see cref="ValidateKeyByRead"/>, and a batch to
/// <see cref="ValidateKeysAtOnce"/>; whatever else a call may be, the framework gets untouched.
/// </summary>
internal sealed class ValidateKeyAtOnce(CallersAtOnce callers, KeyValidator validator, ValidateKeyByRead byRead, ValidateKeysAtOnce batches, Metrics metrics, TimeProvider time)
{
    /// <summary>Above what any question needs, and below every limit of the framework, so that it is the one to refuse.</summary>
    private const int MaxBodyLength = 16 * 1024;

    private static readonly string OnePath = $"/{ApiKeyService.Descriptor.FullName}/{ValidateKeyCalls.Rpc}";
    private static readonly string BatchPath = $"/{ApiKeyService.Descriptor.FullName}/{ValidateKeyCalls.BatchRpc}";

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path.Value;
        if (path is null || path.Length < OnePath.Length) return next(http);
        if (path == OnePath) return IsOrdinary(http.Request, MaxBodyLength) ? AnswerOne(http, next) : next(http);
        return path == BatchPath && IsOrdinary(http.Request, ValidateKeysAtOnce.MaxBodyLength) ? batches.AnswerAsync(http, next) : next(http);
    }

    private static bool IsOrdinary(HttpRequest request, int maxLength) =>
        request.Headers is var headers && headers.ContentType.Count == 1 && headers.ContentType[0] is "application/grpc" or "application/grpc+proto"
        && PathSpelling.IsAsSent(request)
        && HttpMethods.IsPost(request.Method) && request.Protocol == HttpProtocol.Http2 && !(headers.ContentLength > maxLength)
        && headers.GrpcEncoding.Count == 0 && !Callers.HasActor(headers);

    /// <summary>As a rule the whole body is there already.</summary>
    private Task AnswerOne(HttpContext http, RequestDelegate next)
    {
        var reader = http.Request.BodyReader;
        if (!reader.TryRead(out var read)) return AnswerLater(http, next);
        if (read.IsCompleted && read.Buffer.IsSingleSegment) return AnswerWhole(http, next, read.Buffer);
        reader.AdvanceTo(read.Buffer.Start);
        return AnswerLater(http, next);
    }

    private async Task AnswerLater(HttpContext http, RequestDelegate next)
    {
        var reader = http.Request.BodyReader;
        BodyState state;
        ReadOnlySequence<byte> body;
        using (var permit = callers.PermitToWait(http, Moment.Now(time)))
        {
            (state, body) = permit.IsTaken ? await WholeBodies.ReadAsync(reader, MaxBodyLength, time) : (BodyState.Other, default);
        }

        if (state == BodyState.TooLate)
        {
            GrpcBodies.RefuseLate(http, ValidateKeyCalls.Rpc, metrics, time);
        }
        else if (state == BodyState.Other)
        {
            await next(http);
        }
        else if (body.IsSingleSegment)
        {
            await AnswerWhole(http, next, body);
        }
        else if (WholeBodies.Look(body, copy => TryAnswer(http, copy, out _)))
        {
            reader.AdvanceTo(body.End);
        }
        else
        {
            reader.Keep(body);
            await next(http);
        }
    }

    private Task AnswerWhole(HttpContext http, RequestDelegate next, in ReadOnlySequence<byte> body)
    {
        if (TryAnswer(http, body.First, out var call))
        {
            http.Request.BodyReader.AdvanceTo(body.End);
            return Task.CompletedTask;
        }

        // The question lies in the buffer, which is given back when it was answered.
        if (byRead.CanTake(http, call, out var budget)) return byRead.AnswerAsync(http, call, budget, body);
        http.Request.BodyReader.Keep(body);
        return next(http);
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
            || !callers.TryFind(http, arrival, out var caller))
        {
            return false;
        }

        if (!validator.TryValidateAtOnce(question, caller.Rights, arrival, out var verdict))
        {
            call = new(question, caller, arrival);
            return false;
        }

        var message = ValidateKeyCalls.Encode(verdict);
        // A client that does not read would make the process keep it: the framework's answer has a permit, and ResponseBound.
        if (message.Length > ResponseBound.Kept) return false;
        GrpcFrames.Reply(http, message);
        metrics.Answered((int)verdict.Verdict);
        metrics.Called(ValidateKeyCalls.Rpc, nameof(StatusCode.OK), arrival.Timestamp);
        return true;
    }
}
