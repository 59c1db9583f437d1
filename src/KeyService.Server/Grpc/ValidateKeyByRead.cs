using System.Buffers;
using Grpc.Core;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>A call of ValidateKey that is as it should be.</summary>
internal readonly record struct GoodCall(Question Question, CredentialRights Caller, Moment Arrival)
{
    /// <summary>False for the default.</summary>
    public bool IsGood => Caller is not null;
}

/// <summary>
/// ValidateKey over gRPC for a key that memory does not know: Redis or the database is asked. In front of the gRPC framework too, which would read the
/// request, check the caller and write the answer once more; a place of the listener's is taken as by any call that waits.
/// </summary>
internal sealed class ValidateKeyByRead(KeyValidator validator, CallGate gate, Metrics metrics, CallFailures failures)
{
    /// <summary>The framework knows how to keep a deadline.</summary>
    public bool CanTake(HttpContext http) => http.Request.Headers["grpc-timeout"].Count == 0;

    /// <param name="http">The call.</param>
    /// <param name="call">Its question lies in the body.</param>
    /// <param name="body">Not advanced yet.</param>
    public async Task AnswerAsync(HttpContext http, GoodCall call, ReadOnlySequence<byte> body)
    {
        using var place = http.Features.GetRequiredFeature<CallPermits>().Take(CallClass.Validation);
        if (!place.IsAcquired)
        {
            http.Request.BodyReader.AdvanceTo(body.End);
            await gate.RefuseAsync(http, ValidateKeyCalls.Rpc, CallClass.Validation);
            return;
        }

        var arrived = call.Arrival.Timestamp;
        try
        {
            var budget = new CallBudget(arrived, DateTime.MaxValue, call.Arrival.Utc);
            var verdict = await validator.ValidateAsync(call.Question, call.Caller, budget, http.RequestAborted);
            if (verdict.Failure is OverloadedException) await gate.RefuseAsync(http, ValidateKeyCalls.Rpc, CallClass.Validation);
            else if (verdict.Failure is { } failure) Fail(http, failure, arrived);
            else Answer(http, verdict, arrived);
        }
        catch (Exception e)
        {
            Fail(http, e, arrived);
        }

        http.Request.BodyReader.AdvanceTo(body.End);
    }

    private void Answer(HttpContext http, in KeyVerdict verdict, long arrived)
    {
        GrpcFrames.Reply(http, ValidateKeyCalls.Encode(verdict));
        metrics.Answered((int)verdict.Verdict);
        metrics.Called(ValidateKeyCalls.Rpc, nameof(StatusCode.OK), arrived);
    }

    private void Fail(HttpContext http, Exception failure, long arrived) =>
        new WireError(failures.Explain(ValidateKeyCalls.Rpc, failure, http.RequestAborted, arrived)).Send(http.Response);
}
