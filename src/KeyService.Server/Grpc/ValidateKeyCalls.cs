using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>ValidateKey over the wire: caller, fields, verdict, answer. What <see cref="ValidateKeyAtOnce"/> cannot answer at once, and all of JSON.</summary>
internal sealed class ValidateKeyCalls(Callers callers, KeyValidator validator, Metrics metrics, CallFailures failures, TimeProvider time)
{
    public const string Rpc = "ValidateKey";
    public const string BatchRpc = "ValidateKeys";

    private static readonly byte[] NotFound = KeyMapping.ToResponse(KeyVerdict.NotFound).ToByteArray();

    public async Task<ValidateKeyResponse> AnswerAsync(ValidateKeyRequest request, ServerCallContext context)
    {
        var budget = CallBudgets.ForValidation(time, CallBudgets.DeadlineOf(context.Deadline, time));
        try
        {
            var caller = await callers.AuthenticateAsync(context.GetHttpContext(), budget, context.CancellationToken);
            var question = RequestRules.Check(request);
            if (!caller.Rights.Holds(Permissions.Validate)) throw GrpcErrors.MissingPermission();

            var verdict = await validator.ValidateAsync(question, caller.Rights, budget, context.CancellationToken);
            metrics.Answered((int)verdict.Verdict);
            metrics.Called(Rpc, nameof(StatusCode.OK), budget.Started);
            return KeyMapping.ToResponse(verdict);
        }
        catch (Exception e)
        {
            throw failures.Explain(Rpc, e, context.CancellationToken, budget.Started);
        }
    }

    /// <summary>All at once: those that have to wait wait together.</summary>
    public async Task<ValidateKeysResponse> AnswerAsync(ValidateKeysRequest request, ServerCallContext context)
    {
        var budget = CallBudgets.ForValidation(time, CallBudgets.DeadlineOf(context.Deadline, time));
        try
        {
            var caller = await callers.AuthenticateAsync(context.GetHttpContext(), budget, context.CancellationToken);
            var questions = RequestRules.Check(request);
            if (!caller.Rights.Holds(Permissions.Validate)) throw GrpcErrors.MissingPermission();

            var verdicts = Array.ConvertAll(questions, question => validator.ValidateAsync(question, caller.Rights, budget, context.CancellationToken).AsTask());
            var response = new ValidateKeysResponse();
            foreach (var verdict in await Task.WhenAll(verdicts))
            {
                metrics.Answered((int)verdict.Verdict);
                response.Responses.Add(KeyMapping.ToResponse(verdict));
            }

            metrics.Called(BatchRpc, nameof(StatusCode.OK), budget.Started);
            return response;
        }
        catch (Exception e)
        {
            throw failures.Explain(BatchRpc, e, context.CancellationToken, budget.Started);
        }
    }

    /// <summary>The answer as bytes.</summary>
    public static byte[] Encode(in KeyVerdict verdict) => verdict.Verdict switch
    {
        Validation.Verdict.Valid => verdict.Answer.Bytes,
        Validation.Verdict.NotFound => NotFound,
        _ => KeyMapping.ToResponse(verdict).ToByteArray(),
    };
}
