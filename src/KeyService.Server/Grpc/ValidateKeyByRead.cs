using System.Buffers;
using Grpc.Core;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>A call of ValidateKey that is as it should be.</summary>
internal readonly record struct GoodCall(Question Question, Credential Caller, Moment Arrival)
{
    /// <summary>False for the default.</summary>
    public bool IsGood => Caller is not null;
}

/// <summary>
/// ValidateKey over gRPC for a key that memory does not know: Redis or the database is asked. In front of the gRPC framework too, which would read the
/// request, check the caller and write the answer once more; a place of the listener's is taken as by any call that waits.
/// </summary>
internal sealed class ValidateKeyByRead(KeyValidator validator, CallGate gate, ResponseBound responses, Metrics metrics, CallFailures failures, TimeProvider time)
{
    /// <summary>
    /// False, too, for a deadline before the end of the service's own budget: the framework has a timer for each call. A longer one is kept by what bounds
    /// the look-up anyway.
    /// </summary>
    public bool CanTake(HttpContext http, in GoodCall call, out CallBudget budget)
    {
        budget = default;
        if (!call.IsGood) return false;
        var deadline = DateTime.MaxValue;
        if (http.Request.Headers.GrpcTimeout is { Count: > 0 } timeouts)
        {
            if (timeouts.Count > 1 || !GrpcTimeouts.TryRead(timeouts[0], out var timeout) || timeout < validator.Budget) return false;
            deadline = call.Arrival.Utc.UtcDateTime + timeout;
        }

        budget = new(call.Arrival.Timestamp, deadline, call.Arrival.Utc);
        return true;
    }

    /// <param name="http">The call.</param>
    /// <param name="call">Its question lies in the body.</param>
    /// <param name="budget">What <see cref="CanTake"/> said.</param>
    /// <param name="body">Not advanced yet.</param>
    public async Task AnswerAsync(HttpContext http, GoodCall call, CallBudget budget, ReadOnlySequence<byte> body)
    {
        using var permit = http.Features.GetRequiredFeature<CallPermits>().Take(CallClass.Validation, call.Caller.KeyId, http, out var cause);
        if (permit is null)
        {
            http.Request.BodyReader.AdvanceTo(body.End);
            await gate.RefuseAsync(http, ValidateKeyCalls.Rpc, CallClass.Validation, cause);
            return;
        }

        CurrentCaller.Id = call.Caller.KeyId;
        try
        {
            var verdict = await validator.ValidateAsync(call.Question, call.Caller.Rights, budget, http.RequestAborted);
            if (verdict.Failure is OverloadedException) await gate.RefuseAsync(http, ValidateKeyCalls.Rpc, CallClass.Validation, RefusalCause.Full);
            else if (verdict.Failure is { } failure) Fail(http, failure, budget);
            else Answer(http, verdict, budget);
        }
        catch (Exception e)
        {
            Fail(http, e, budget);
        }

        http.Request.BodyReader.AdvanceTo(body.End);
        if (http.Response.BodyWriter.UnflushedBytes > ResponseBound.Kept) await responses.SendAsync(http);
    }

    private void Answer(HttpContext http, in KeyVerdict verdict, in CallBudget budget)
    {
        GrpcFrames.Reply(http, ValidateKeyCalls.Encode(verdict));
        metrics.Answered((int)verdict.Verdict);
        metrics.Called(ValidateKeyCalls.Rpc, nameof(StatusCode.OK), budget.Started);
    }

    private void Fail(HttpContext http, Exception failure, in CallBudget budget)
    {
        // As the framework says it.
        if (failure is StoreUnavailableException && budget.Deadline <= time.GetUtcNow().UtcDateTime) failure = new RpcException(new(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
        new WireError(failures.Explain(ValidateKeyCalls.Rpc, failure, http.RequestAborted, budget.Started)).Send(http.Response);
    }
}
