using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Observability;

namespace KeyService.Server.Grpc;

/// <summary>
/// The contract over the wire (walks of ValidateKey and CreateKey, steps 1 and a). Translates and nothing else: who is calling, what the
/// fields must keep to, the one thing to do, the answer.
/// </summary>
internal sealed class ApiKeyGrpcService(
    Callers callers, ValidateKeyCalls validation, CreateKeyRules createKeyRules, KeyIssuer issuer, KeyQueries queries, StatusChanger statusChanger,
    KeyRevealer revealer, AuditQueries auditQueries, MasterKeys masterKeys, IssuanceOptions issuance, Metrics metrics, CallFailures failures,
    TimeProvider time) : ApiKeyService.ApiKeyServiceBase
{
    private const int MaxCallerWorkspaces = 1_000;

    public override Task<CreateKeyResponse> CreateKey(CreateKeyRequest request, ServerCallContext context) => Manage(
        nameof(CreateKey), context, async caller =>
        {
            var wanted = createKeyRules.Check(request);
            caller.Require(Permissions.Write, request.WorkspaceId);
            var issued = await issuer.CreateAsync(wanted, request.RequestId, caller.Requester, context.CancellationToken);
            return new CreateKeyResponse { Key = ToKey(new(issued.Key, issued.LastUsedTime)), ApiKey = issued.ApiKey };
        });

    public override Task<ListKeysResponse> ListKeys(ListKeysRequest request, ServerCallContext context) => Manage(
        nameof(ListKeys), context, async caller =>
        {
            var list = RequestRules.Check(request);
            caller.Require(Permissions.Read, request.WorkspaceId);
            string[] binding =
                [nameof(ListKeys), caller.CredentialId, list.WorkspaceId, list.Query, request.Status.ToString(), list.Order.ToString()];
            if (request.PageToken.Length > 0) list = list with { After = PageToken.Open<KeyPosition>(request.PageToken, binding, masterKeys) };
            var (response, limit) = (new ListKeysResponse(), PageSizeLimit.Of(context.GetHttpContext()));
            var end = await queries.ListAsync(list, key => limit.TryAdd(ToKey(key), response.Keys), context.CancellationToken);
            if (end is not null) response.NextPageToken = PageToken.Seal(end, binding, masterKeys.Current);
            return response;
        });

    public override Task<GetKeyResponse> GetKey(GetKeyRequest request, ServerCallContext context) => Manage(
        nameof(GetKey), context, async caller =>
        {
            RequestRules.Check(request.WorkspaceId, request.KeyId);
            caller.Require(Permissions.Read, request.WorkspaceId);
            var view = await queries.GetAsync(request.WorkspaceId, request.KeyId, context.CancellationToken);
            return new GetKeyResponse { Key = ToKey(view) };
        });

    public override Task<SetStatusResponse> SetStatus(SetStatusRequest request, ServerCallContext context) => Manage(
        nameof(SetStatus), context, async caller =>
        {
            var change = RequestRules.Check(request);
            caller.Require(Permissions.Write, request.WorkspaceId);
            var (view, propagation) = await statusChanger.ChangeAsync(change, caller.Actor, caller.Rights, CallBudgets.DeadlineOf(context.Deadline, time), context.CancellationToken);
            return new SetStatusResponse { Key = ToKey(view), Propagation = KeyMapping.ToPropagation(propagation) };
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
            var (response, limit) = (new ListAuditEventsResponse(), PageSizeLimit.Of(context.GetHttpContext()));
            _ = events.Take(size).TakeWhile(e => limit.TryAdd(KeyMapping.ToAuditEvent(e), response.Events)).Count();
            if (events.Count > response.Events.Count) response.NextPageToken = PageToken.Seal(response.Events[^1].Sequence, binding, masterKeys.Current);
            return response;
        });

    public override Task<GetCallerResponse> GetCaller(GetCallerRequest request, ServerCallContext context) => Manage(
        nameof(GetCaller), context, async caller =>
        {
            RequestRules.Check(request);
            var response = new GetCallerResponse { CredentialId = caller.CredentialId, AllWorkspaces = caller.Rights.AllWorkspaces };
            response.Permissions.Add(PermissionNames.NamesOf(
                request.WorkspaceId.Length == 0 ? caller.Rights.Permissions : caller.Rights.PermissionsIn(request.WorkspaceId)));
            response.Workspaces.Add(caller.Rights.AllWorkspaces
                ? await queries.ListWorkspacesAsync(MaxCallerWorkspaces, context.CancellationToken)
                : caller.Rights.GrantedWorkspaces.Order(StringComparer.Ordinal));
            return response;
        });

    public override Task<ValidateKeyResponse> ValidateKey(ValidateKeyRequest request, ServerCallContext context) => validation.AnswerAsync(request, context);

    public override Task<ValidateKeysResponse> ValidateKeys(ValidateKeysRequest request, ServerCallContext context) => validation.AnswerAsync(request, context);

    /// <summary>As it is now: a policy that was set after the key was created applies to it too, so that its API key cannot be revealed.</summary>
    private Key ToKey(KeyView view)
    {
        var key = KeyMapping.ToKey(view);
        key.Recoverable &= issuance.Recovery.Allows(key.WorkspaceId);
        return key;
    }

    /// <summary>Every management call: who is calling, the work, one place for what can go wrong.</summary>
    private async Task<TResponse> Manage<TResponse>(string rpc, ServerCallContext context, Func<Caller, Task<TResponse>> work)
    {
        var start = time.GetTimestamp();
        try
        {
            var response = await work(await callers.ConfirmAsync(
                context.GetHttpContext(), CallBudgets.ForManagement(time, CallBudgets.DeadlineOf(context.Deadline, time)), context.CancellationToken));
            metrics.Called(rpc, nameof(StatusCode.OK), start);
            return response;
        }
        catch (Exception e)
        {
            throw JsonErrors.Note(context, failures.Explain(rpc, e, context.CancellationToken, start));
        }
    }
}
