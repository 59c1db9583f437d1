using System.Text;
using Google.Protobuf.Reflection;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>What the other requests must keep to, and what they ask for in the words of the service.</summary>
internal static class RequestRules
{
    /// <summary>Questions in one ValidateKeys.</summary>
    public const int MaxBatch = 1_000;

    /// <summary>What gRPC clients take by default. 1,000 keys with as much metadata as there may be have 40 MB.</summary>
    public const int MaxBatchAnswerBytes = 4 * 1024 * 1024;

    private static readonly Dictionary<FieldDescriptor, int> MaxCounts = new()
    {
        [ValidateKeysRequest.Descriptor.FindFieldByNumber(ValidateKeysRequest.RequestsFieldNumber)] = MaxBatch,
        [ValidateKeyRequest.Descriptor.FindFieldByNumber(ValidateKeyRequest.RequiredScopesFieldNumber)] = Scopes.MaxCount,
    };

    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 500;
    private const int MaxQueryLength = 256;
    private const long MaxPropagationWaitSeconds = 600;

    /// <summary>SQL Server takes patterns of at most 4,000 characters, and each may need an escape.</summary>
    private const int MaxFoldedQueryLength = 1_000;

    /// <summary>Entries that a field of a batch may have, whose body may be large; null for other fields. Known before an entry is read.</summary>
    public static int? MaxCountOf(FieldDescriptor field) => MaxCounts.TryGetValue(field, out var max) ? max : null;

    public static void Check(string workspaceId, string keyId)
    {
        var violations = new Violations();
        violations.Workspace(workspaceId);
        violations.KeyId(keyId);
        violations.ThrowIfAny();
    }

    public static void Check(GetCallerRequest request)
    {
        var violations = new Violations();
        if (request.WorkspaceId.Length > 0) violations.Workspace(request.WorkspaceId);
        violations.ThrowIfAny();
    }

    public static void Check(ListAuditEventsRequest request)
    {
        var violations = new Violations();
        violations.Workspace(request.WorkspaceId);
        violations.KeyId(request.KeyId, required: false);
        violations.PageSize(request.PageSize);
        violations.NoApiKey("page_token", request.PageToken);
        violations.ThrowIfAny();
    }

    public static StatusChange Check(SetStatusRequest request)
    {
        var violations = new Violations();
        violations.Workspace(request.WorkspaceId);
        violations.KeyId(request.KeyId);
        if (request.Status is not (Contracts.V1.KeyStatus.Enabled or Contracts.V1.KeyStatus.Disabled))
            violations.Add("status", "must be KEY_STATUS_ENABLED or KEY_STATUS_DISABLED");
        violations.Text("reason", request.Reason, maxLength: 256, multiline: true);
        violations.NoApiKey("etag", request.Etag);
        if (request.PropagationWait is { } wait
            && (wait.Seconds < 0 || wait.Nanos is < 0 or > 999_999_999 || wait.Seconds > MaxPropagationWaitSeconds
                || (wait.Seconds == MaxPropagationWaitSeconds && wait.Nanos > 0)))
        {
            violations.Add("propagation_wait", "must be 0 to 10 minutes");
        }

        violations.ThrowIfAny();
        var status = request.Status == Contracts.V1.KeyStatus.Enabled ? Keys.KeyStatus.Enabled : Keys.KeyStatus.Disabled;
        return new(request.WorkspaceId, request.KeyId, status, request.Reason.Trim(), request.Etag, request.PropagationWait?.ToTimeSpan());
    }

    /// <summary>The list without its place; the page token tells that.</summary>
    public static KeyList Check(ListKeysRequest request)
    {
        var violations = new Violations();
        violations.Workspace(request.WorkspaceId);
        violations.PageSize(request.PageSize);
        if (!Enum.IsDefined(request.Status)) violations.Add("status", "is not a status");
        violations.Query(request.Query, MaxQueryLength);
        violations.NoApiKey("page_token", request.PageToken);
        var order = request.OrderBy switch
        {
            "" or "create_time desc" => KeyOrder.NewestFirst,
            "create_time" => KeyOrder.OldestFirst,
            "name" => KeyOrder.ByName,
            _ => (KeyOrder?)null,
        };
        if (order is null) violations.Add("order_by", "must be `create_time desc`, `create_time` or `name`");
        violations.ThrowIfAny();
        if (request.Query.Replace('\uFFFE', '\uFFFD').Normalize(NormalizationForm.FormKC).Length > MaxFoldedQueryLength)
        {
            violations.Add("query", "is too long once it is normalized");
            violations.ThrowIfAny();
        }

        Keys.KeyStatus? status = request.Status switch
        {
            Contracts.V1.KeyStatus.Enabled => Keys.KeyStatus.Enabled,
            Contracts.V1.KeyStatus.Disabled => Keys.KeyStatus.Disabled,
            _ => null,
        };
        return new(request.WorkspaceId, request.Query, status, order ?? KeyOrder.NewestFirst, After: null, PageSize(request.PageSize));
    }

    public static int PageSize(int requested) => requested == 0 ? DefaultPageSize : Math.Min(requested, MaxPageSize);

    public static Question Check(ValidateKeyRequest request)
    {
        if (!TryCheck(request, out var question)) Refuse(request);
        return question;
    }

    private static bool TryCheck(ValidateKeyRequest request, out Question question)
    {
        var bad = request.WorkspaceId.Length > 0 && !Workspaces.IsValid(request.WorkspaceId);
        var scopes = request.RequiredScopes;
        bad |= scopes.Count > Scopes.MaxCount;
        for (var i = 0; i < scopes.Count && !bad; i++) bad = !Scopes.IsValid(scopes[i]);
        question = bad ? default : Question.Of(request.ApiKey, request.WorkspaceId, scopes, ClientAddress.Parse(request.ClientAddress), request.AtLeastAsFresh);
        return !bad;
    }

    /// <summary>All questions, or none: what is wrong is told of each.</summary>
    public static Question[] Check(ValidateKeysRequest request)
    {
        var questions = new Question[Math.Min(request.Requests.Count, MaxBatch)];
        var good = request.Requests.Count <= MaxBatch;
        for (var i = 0; i < questions.Length; i++) good &= TryCheck(request.Requests[i], out questions[i]);
        if (!good) Refuse(request);
        return questions;
    }

    private static void Refuse(ValidateKeyRequest request)
    {
        var violations = new Violations();
        AddViolations(request, "", violations);
        violations.ThrowIfAny();
    }

    private static void Refuse(ValidateKeysRequest request)
    {
        var violations = new Violations();
        var each = violations.Count("requests", request.Requests.Count, MaxBatch);
        for (var i = 0; each && i < request.Requests.Count; i++)
        {
            if (!TryCheck(request.Requests[i], out _)) AddViolations(request.Requests[i], $"requests[{i}].", violations);
        }

        violations.ThrowIfAny();
    }

    private static void AddViolations(ValidateKeyRequest request, string prefix, Violations violations)
    {
        if (request.WorkspaceId.Length > 0) violations.Workspace(request.WorkspaceId, prefix);
        var each = violations.Count(prefix + "required_scopes", request.RequiredScopes.Count, Scopes.MaxCount);
        for (var i = 0; each && i < request.RequiredScopes.Count; i++)
        {
            if (!Scopes.IsValid(request.RequiredScopes[i]))
                violations.Add($"{prefix}required_scopes[{i}]", "must be 1 to 64 of [a-z0-9._:-] and may end in .*");
        }
    }
}
