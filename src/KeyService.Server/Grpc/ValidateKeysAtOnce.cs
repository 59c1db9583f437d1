using System.Buffers;
using Grpc.Core;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>ValidateKeys in front of the gRPC framework, when memory or the tag knows every answer; for a call that <see cref="ValidateKeyAtOnce"/> found ordinary.</summary>
internal sealed class ValidateKeysAtOnce(CallersAtOnce callers, KeyValidator validator, ResponseBound responses, Metrics metrics, TimeProvider time)
{
    /// <summary>Above what any batch needs that is answered here, and below every limit of the framework.</summary>
    public const int MaxBodyLength = 512 * 1024;

    /// <summary>Bytes of an answer that may wait for the client without a permit: 100 ordinary verdicts.</summary>
    private const int MaxUnread = 32 * 1024;

    private const int MaxVerdicts = 8;

    public async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = CallRules.LargestMaxMessageBytes + GrpcFrames.HeaderLength;
        if (!await TryAnswerAsync(http)) await next(http);
    }

    private async ValueTask<bool> TryAnswerAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        var isHere = WholeBodies.IsHere(reader);
        var permit = isHere ? default : callers.PermitToWait(http, Moment.Now(time));
        if (!isHere && !permit.IsTaken) return false;
        try
        {
            var (state, body) = await WholeBodies.ReadAsync(reader, MaxBodyLength, time);
            if (state == BodyState.Whole)
            {
                var isAnswered = WholeBodies.Look(body, whole => TryAnswer(http, whole, ref permit));
                if (isAnswered) reader.AdvanceTo(body.End);
                else reader.Keep(body);
                if (permit.IsTaken && http.Response.BodyWriter.UnflushedBytes > MaxUnread) await responses.SendAsync(http);
                return isAnswered;
            }

            if (state == BodyState.TooLate) GrpcBodies.RefuseLate(http, ValidateKeyCalls.BatchRpc, metrics, time);
            return state == BodyState.TooLate;
        }
        finally
        {
            permit.Dispose();
        }
    }

    /// <summary>
    /// False, with nothing sent and nothing said, when the call has to wait or is not as it should be; keys that were found before one that nobody knows at
    /// once count as used, which they are.
    /// </summary>
    /// <param name="http">The call.</param>
    /// <param name="body">Its whole body.</param>
    /// <param name="permit">Taken for a long answer.</param>
    private bool TryAnswer(HttpContext http, ReadOnlyMemory<byte> body, ref BriefPermit permit)
    {
        var arrival = Moment.Now(time);
        if (!GrpcFrames.IsOneMessage(body.Span) || !callers.TryFind(http, arrival, out var caller)) return false;
        var replies = ArrayPool<byte[]>.Shared.Rent(RequestRules.MaxBatch);
        Span<int> verdicts = stackalloc int[MaxVerdicts];
        verdicts.Clear();
        var count = 0;
        try
        {
            for (var rest = body[GrpcFrames.HeaderLength..]; !rest.IsEmpty; count++)
            {
                if (count == RequestRules.MaxBatch || !ValidateKeyMessages.TryTakeQuestion(ref rest, out var question)
                    || !validator.TryValidateAtOnce(question, caller.Rights, arrival, out var verdict))
                {
                    return false;
                }

                replies[count] = ValidateKeyCalls.Encode(verdict);
                verdicts[(int)verdict.Verdict]++;
            }

            var length = ValidateKeyMessages.LengthOfBatch(replies.AsSpan(0, count));
            if (length > RequestRules.MaxBatchAnswerBytes) return false;
            if (length > MaxUnread && !permit.IsTaken)
            {
                permit = http.Features.GetRequiredFeature<CallPermits>().TakeBriefly(CallClass.Validation, caller.KeyId);
                if (!permit.IsTaken) return false;
            }

            var writer = GrpcFrames.BeginReply(http, length);
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
}
