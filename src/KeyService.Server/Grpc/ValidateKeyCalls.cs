using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>ValidateKey and ValidateKeys over the wire: caller, fields, verdict, answer. What <see cref="ValidateKeyAtOnce"/> cannot answer at once, and all of JSON.</summary>
internal sealed class ValidateKeyCalls(Callers callers, KeyValidator validator, Metrics metrics, CallFailures failures, TimeProvider time)
{
    public const string Rpc = "ValidateKey";
    public const string BatchRpc = "ValidateKeys";

    private static readonly byte[] NotFound = KeyMapping.ToResponse(KeyVerdict.NotFound).ToByteArray();

    public Task<ValidateKeyResponse> AnswerAsync(ValidateKeyRequest request, ServerCallContext context) => AnswerAsync(
        Rpc, context, () => RequestRules.Check(request), async (question, rights, budget) =>
            Told(await validator.ValidateAsync(question, rights, budget, context.CancellationToken)));

    /// <summary>Those that have to wait wait together.</summary>
    public Task<ValidateKeysResponse> AnswerAsync(ValidateKeysRequest request, ServerCallContext context) => AnswerAsync(
        BatchRpc, context, () => RequestRules.Check(request), async (questions, rights, budget) =>
        {
            var verdicts = Array.ConvertAll(questions, question => validator.ValidateAsync(question, rights, budget, context.CancellationToken).AsTask());
            return new ValidateKeysResponse { Responses = { (await Task.WhenAll(verdicts)).Select(Told) } };
        });

    private async Task<TResponse> AnswerAsync<TQuestion, TResponse>(
        string rpc, ServerCallContext context, Func<TQuestion> check, Func<TQuestion, CredentialRights, CallBudget, Task<TResponse>> answer)
    {
        var budget = CallBudgets.ForValidation(time, CallBudgets.DeadlineOf(context.Deadline, time));
        try
        {
            var caller = await callers.AuthenticateAsync(context.GetHttpContext(), budget, context.CancellationToken);
            var question = check();
            if (!caller.Rights.Holds(Permissions.Validate)) throw GrpcErrors.MissingPermission();

            var response = await answer(question, caller.Rights, budget);
            metrics.Called(rpc, nameof(StatusCode.OK), budget.Started);
            return response;
        }
        catch (Exception e)
        {
            throw failures.Explain(rpc, e, context.CancellationToken, budget.Started);
        }
    }

    private ValidateKeyResponse Told(KeyVerdict verdict)
    {
        metrics.Answered((int)verdict.Verdict);
        return KeyMapping.ToResponse(verdict);
    }

    /// <summary>The answer as bytes.</summary>
    public static byte[] Encode(in KeyVerdict verdict) => verdict.Verdict switch
    {
        Validation.Verdict.Valid => verdict.Answer.Bytes,
        Validation.Verdict.NotFound => NotFound,
        _ => KeyMapping.ToResponse(verdict).ToByteArray(),
    };
}
