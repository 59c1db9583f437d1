using System.Diagnostics;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Observability;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>
/// The contract over the wire (walks of ValidateKey and CreateKey, steps 1 and a). Translates and nothing else: who is calling, what the
/// fields must keep to, the one thing to do, the answer.
/// </summary>
internal sealed class ApiKeyGrpcService(
    Callers callers, CreateKeyRules createKeyRules, KeyIssuer issuer, KeyQueries queries, StatusChanger statusChanger, KeyRevealer revealer,
    AuditQueries auditQueries, KeyValidator validator, MasterKeys masterKeys, IssuanceOptions issuance, Metrics metrics,
    ILogger<ApiKeyGrpcService> log) : ApiKeyService.ApiKeyServiceBase
{
    private const int MaxCallerWorkspaces = 1_000;

    public override Task<CreateKeyResponse> CreateKey(CreateKeyRequest request, ServerCallContext context) => Manage(
        nameof(CreateKey), context, async caller =>
        {
            var wanted = createKeyRules.Check(request);
            caller.Require(Permissions.Write, request.WorkspaceId);
            var issued = await issuer.CreateAsync(wanted, request.RequestId, caller.Requester, context.CancellationToken);
            return new CreateKeyResponse { Key = KeyMapping.ToKey(issued.Key, issued.LastUsedTime), ApiKey = issued.ApiKey };
        });

    public override Task<ListKeysResponse> ListKeys(ListKeysRequest request, ServerCallContext context) => Manage(
        nameof(ListKeys), context, async caller =>
        {
            var list = RequestRules.Check(request, issuance.Brand);
            caller.Require(Permissions.Read, request.WorkspaceId);
            string[] binding =
                [nameof(ListKeys), caller.CredentialId, list.WorkspaceId, list.Query, request.Status.ToString(), list.Order.ToString()];
            if (request.PageToken.Length > 0) list = list with { After = PageToken.Open<KeyPosition>(request.PageToken, binding, masterKeys) };
            var (keys, end) = await queries.ListAsync(list, context.CancellationToken);
            var response = new ListKeysResponse { NextPageToken = end is null ? "" : PageToken.Seal(end, binding, masterKeys.Current) };
            response.Keys.Add(keys.Select(KeyMapping.ToKey));
            return response;
        });

    public override Task<GetKeyResponse> GetKey(GetKeyRequest request, ServerCallContext context) => Manage(
        nameof(GetKey), context, async caller =>
        {
            RequestRules.Check(request.WorkspaceId, request.KeyId);
            caller.Require(Permissions.Read, request.WorkspaceId);
            var view = await queries.GetAsync(request.WorkspaceId, request.KeyId, context.CancellationToken);
            return new GetKeyResponse { Key = KeyMapping.ToKey(view) };
        });

    public override Task<SetStatusResponse> SetStatus(SetStatusRequest request, ServerCallContext context) => Manage(
        nameof(SetStatus), context, async caller =>
        {
            var change = RequestRules.Check(request);
            caller.Require(Permissions.Write, request.WorkspaceId);
            var (view, propagation) = await statusChanger.ChangeAsync(change, caller.Actor, caller.Rights, context.CancellationToken);
            return new SetStatusResponse { Key = KeyMapping.ToKey(view), Propagation = KeyMapping.ToPropagation(propagation) };
        });

    public override Task<RevealKeyResponse> RevealKey(RevealKeyRequest request, ServerCallContext context) => Manage(
        nameof(RevealKey), context, async caller =>
        {
            RequestRules.Check(request.WorkspaceId, request.KeyId);
            caller.Require(Permissions.Reveal, request.WorkspaceId);
            return new RevealKeyResponse
            {
                ApiKey = await revealer.RevealAsync(request.WorkspaceId, request.KeyId, caller.Actor, context.CancellationToken),
            };
        });

    public override Task<ListAuditEventsResponse> ListAuditEvents(ListAuditEventsRequest request, ServerCallContext context) => Manage(
        nameof(ListAuditEvents), context, async caller =>
        {
            RequestRules.Check(request);
            caller.Require(Permissions.Audit, request.WorkspaceId);
            string[] binding = [nameof(ListAuditEvents), caller.CredentialId, request.WorkspaceId, request.KeyId];
            long? before = request.PageToken.Length > 0 ? PageToken.Open<long>(request.PageToken, binding, masterKeys) : null;
            var size = RequestRules.PageSize(request.PageSize);
            var events = await auditQueries.ListAsync(request.WorkspaceId, request.KeyId, before, size + 1, context.CancellationToken);
            var response = new ListAuditEventsResponse();
            response.Events.Add(events.Take(size).Select(KeyMapping.ToAuditEvent));
            if (events.Count > size) response.NextPageToken = PageToken.Seal(events[size - 1].Sequence, binding, masterKeys.Current);
            return response;
        });

    public override Task<GetCallerResponse> GetCaller(GetCallerRequest request, ServerCallContext context) => Manage(
        nameof(GetCaller), context, async caller =>
        {
            var response = new GetCallerResponse { CredentialId = caller.CredentialId, AllWorkspaces = caller.Rights.AllWorkspaces };
            response.Permissions.Add(PermissionNames.NamesOf(caller.Rights.Permissions));
            response.Workspaces.Add(caller.Rights.AllWorkspaces
                ? await queries.ListWorkspacesAsync(MaxCallerWorkspaces, context.CancellationToken)
                : caller.Rights.GrantedWorkspaces.Order(StringComparer.Ordinal));
            return response;
        });

    /// <summary>Runs to its end without waiting when memory knows the credential and the key.</summary>
    public override Task<ValidateKeyResponse> ValidateKey(ValidateKeyRequest request, ServerCallContext context)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var authenticate = callers.AuthenticateAsync(context);
            if (!authenticate.IsCompletedSuccessfully) return ValidateLater(authenticate, request, context, start);

            var validate = Validate(request, authenticate.Result, context);
            return validate.IsCompletedSuccessfully ? Answer(validate.Result, start) : AnswerLater(validate, context, start);
        }
        catch (Exception e)
        {
            return Task.FromException<ValidateKeyResponse>(Failed(nameof(ValidateKey), e, context, start));
        }
    }

    private async Task<ValidateKeyResponse> ValidateLater(
        ValueTask<Caller> authenticate, ValidateKeyRequest request, ServerCallContext context, long start)
    {
        try
        {
            var caller = await authenticate;
            return await Answer(await Validate(request, caller, context), start);
        }
        catch (Exception e)
        {
            throw Failed(nameof(ValidateKey), e, context, start);
        }
    }

    private async Task<ValidateKeyResponse> AnswerLater(ValueTask<KeyVerdict> validate, ServerCallContext context, long start)
    {
        try
        {
            return await Answer(await validate, start);
        }
        catch (Exception e)
        {
            throw Failed(nameof(ValidateKey), e, context, start);
        }
    }

    private ValueTask<KeyVerdict> Validate(ValidateKeyRequest request, Caller caller, ServerCallContext context)
    {
        var question = RequestRules.Check(request);
        if (!caller.Rights.Holds(Permissions.Validate)) throw GrpcErrors.MissingPermission();
        return validator.ValidateAsync(question, caller.Rights, context.Deadline, context.CancellationToken);
    }

    /// <summary>The answer VALID is made once for each looked-up record, its completed task too.</summary>
    private Task<ValidateKeyResponse> Answer(KeyVerdict verdict, long start)
    {
        metrics.Answered(verdict.Verdict.ToString());
        metrics.Called(nameof(ValidateKey), nameof(StatusCode.OK), start);
        if (verdict.Verdict != Validation.Verdict.Valid) return Task.FromResult(KeyMapping.ToResponse(verdict));
        if (verdict.KeptReply is Task<ValidateKeyResponse> kept) return kept;

        var reply = Task.FromResult(KeyMapping.ToResponse(verdict));
        verdict.KeepReply(reply);
        return reply;
    }

    /// <summary>Every management call: who is calling, the work, one place for what can go wrong.</summary>
    private async Task<TResponse> Manage<TResponse>(string rpc, ServerCallContext context, Func<Caller, Task<TResponse>> work)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var response = await work(await callers.AuthenticateManagerAsync(context));
            metrics.Called(rpc, nameof(StatusCode.OK), start);
            return response;
        }
        catch (Exception e)
        {
            throw Failed(rpc, e, context, start);
        }
    }

    private RpcException Failed(string rpc, Exception exception, ServerCallContext context, long start)
    {
        if (exception is StoreUnavailableException) Log.StoreUnavailable(log, rpc, exception.InnerException?.GetType().Name ?? "");
        var error = GrpcErrors.From(exception, context.CancellationToken);
        if (error is null) Log.CallFailed(log, exception, rpc);
        error ??= GrpcErrors.Internal();
        metrics.Called(rpc, error.StatusCode.ToString(), start);
        return error;
    }
}
