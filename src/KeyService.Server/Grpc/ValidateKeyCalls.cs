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

    /// <summary>Keys of a batch that are read together: half of what the database works on at once is left to other calls.</summary>
    private const int ReadsAtOnce = 32;

    private static readonly byte[] NotFound = KeyMapping.ToResponse(KeyVerdict.NotFound).ToByteArray();

    public Task<ValidateKeyResponse> AnswerAsync(ValidateKeyRequest request, ServerCallContext context) => AnswerAsync(
        Rpc, context, () => RequestRules.Check(request), async (question, rights, budget) =>
            Told(await validator.ValidateAsync(question, rights, budget, context.CancellationToken)));

    public Task<ValidateKeysResponse> AnswerAsync(ValidateKeysRequest request, ServerCallContext context) => AnswerAsync(
        BatchRpc, context, () => RequestRules.Check(request), async (questions, rights, budget) =>
        {
            var verdicts = new KeyVerdict[questions.Length];
            await Parallel.ForAsync(0, questions.Length, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce }, async (i, _) =>
                verdicts[i] = await validator.ValidateAsync(questions[i], rights, budget, context.CancellationToken));
            var response = new ValidateKeysResponse { Responses = { verdicts.Select(KeyMapping.ToResponse) } };
            if (response.CalculateSize() > RequestRules.MaxBatchAnswerBytes) throw GrpcErrors.AnswersTooLarge();
            foreach (var verdict in verdicts) metrics.Answered((int)verdict.Verdict);
            return response;
        });

    private async Task<TResponse> AnswerAsync<TQuestion, TResponse>(
        string rpc, ServerCallContext context, Func<TQuestion> check, Func<TQuestion, CredentialRights, CallBudget, Task<TResponse>> answer)
    {
        var http = context.GetHttpContext();
        var budget = CallBudgets.ForValidation(time, CallBudgets.DeadlineOf(context.Deadline, time), http.Features.Get<AdmittedCall>()?.Spent ?? 0);
        try
        {
            var caller = await callers.ConfirmAsync(http, budget, context.CancellationToken);
            var question = check();
            if (!caller.Rights.Holds(Permissions.Validate)) throw GrpcErrors.MissingPermission();

            var response = await answer(question, caller.Rights, budget);
            metrics.Called(rpc, nameof(StatusCode.OK), budget.Started);
            return response;
        }
        catch (Exception e)
        {
            throw JsonErrors.Note(context, failures.Explain(rpc, e, context.CancellationToken, budget.Started));
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
