using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>
/// ValidateKey over the wire: caller, fields, verdict, answer. Runs to its end without waiting when memory knows the credential and the
/// key; only what has to wait becomes a state machine.
/// </summary>
internal sealed class ValidateKeyCalls(Callers callers, KeyValidator validator, Metrics metrics, CallFailures failures, TimeProvider time)
{
    private const string Rpc = "ValidateKey";

    private static readonly Task<byte[]> NotFound =
        Task.FromResult(Encode(KeyVerdict.NotFound));

    public Task<byte[]> AnswerAsync(ValidateKeyRequest request, ServerCallContext context)
    {
        var budget = CallBudgets.ForValidation(time, context.Deadline);
        var start = budget.Started;
        try
        {
            var authenticate = callers.AuthenticateAsync(context.GetHttpContext(), budget, context.CancellationToken);
            if (!authenticate.IsCompletedSuccessfully) return ValidateLater(authenticate, request, budget, context, start);

            var validate = Validate(request, authenticate.Result, budget, context.CancellationToken);
            return validate.IsCompletedSuccessfully ? Reply(validate.Result, start) : ReplyLater(validate, context, start);
        }
        catch (Exception e)
        {
            return Task.FromException<byte[]>(failures.Explain(Rpc, e, context.CancellationToken, start));
        }
    }

    private async Task<byte[]> ValidateLater(
        ValueTask<Caller> authenticate, ValidateKeyRequest request, CallBudget budget, ServerCallContext context, long start)
    {
        try
        {
            var caller = await authenticate;
            return await Reply(await Validate(request, caller, budget, context.CancellationToken), start);
        }
        catch (Exception e)
        {
            throw failures.Explain(Rpc, e, context.CancellationToken, start);
        }
    }

    private async Task<byte[]> ReplyLater(ValueTask<KeyVerdict> validate, ServerCallContext context, long start)
    {
        try
        {
            return await Reply(await validate, start);
        }
        catch (Exception e)
        {
            throw failures.Explain(Rpc, e, context.CancellationToken, start);
        }
    }

    private ValueTask<KeyVerdict> Validate(
        ValidateKeyRequest request, in Caller caller, in CallBudget budget, CancellationToken cancellation)
    {
        var question = RequestRules.Check(request);
        if (!caller.Rights.Holds(Permissions.Validate)) throw GrpcErrors.MissingPermission();
        return validator.ValidateAsync(question, caller.Rights, budget, cancellation);
    }

    /// <summary>The answer VALID is written once for each looked-up record, its completed task too; NOT_FOUND once for all.</summary>
    private Task<byte[]> Reply(in KeyVerdict verdict, long start)
    {
        metrics.Answered((int)verdict.Verdict);
        metrics.Called(Rpc, nameof(StatusCode.OK), start);
        if (verdict.Verdict == Validation.Verdict.NotFound) return NotFound;
        if (verdict.Verdict != Validation.Verdict.Valid) return Task.FromResult(Encode(verdict));
        if (verdict.KeptReply is Task<byte[]> kept) return kept;

        var reply = Task.FromResult(Encode(verdict));
        verdict.KeepReply(reply);
        return reply;
    }

    private static byte[] Encode(in KeyVerdict verdict) => KeyMapping.ToResponse(verdict).ToByteArray();
}
