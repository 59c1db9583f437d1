using KeyService.Contracts;
using KeyService.Contracts.V1;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>What CreateKey's request must keep to, and its canonical form.</summary>
internal sealed class CreateKeyRules(TimeProvider time)
{
    private const int MaxPermittedWorkspaces = 64;

    private static readonly string ValidateName = PermissionNames.NamesOf(Permissions.Validate).Single();

    /// <exception cref="global::Grpc.Core.RpcException">INVALID_ARGUMENT with every violation.</exception>
    public KeyRequest Check(CreateKeyRequest request)
    {
        var violations = new Violations();
        violations.Workspace(request.WorkspaceId);
        violations.NoApiKey("workspace_id", request.WorkspaceId);
        var name = request.Name.Trim();
        if (name.Length == 0) violations.Add("name", "is required");
        else if (!FreeText.HasVisible(name)) violations.Add("name", "is required: there is nothing visible in it");
        else violations.Text("name", name, maxLength: 128, multiline: false);
        violations.Text("description", request.Description, maxLength: 1_024, multiline: true);
        if (!System.Enum.IsDefined(request.Environment)) violations.Add("environment", "is not an environment");
        CheckScopes(request, violations);
        var addresses = CheckAddresses(request, violations);
        CheckMetadata(request, violations);
        CheckPermittedWorkspaces(request, violations);
        if (request.RequestId.Length > 0 && (request.RequestId.Length > 64 || !request.RequestId.All(Workspaces.IsIdCharacter)))
            violations.Add("request_id", "must be at most 64 of [A-Za-z0-9_-]");
        else violations.NoApiKey("request_id", request.RequestId);
        var expiry = CheckExpiry(request, violations);
        violations.ThrowIfAny();
        return new()
        {
            WorkspaceId = request.WorkspaceId,
            Name = name,
            Description = request.Description,
            Environment = request.Environment == Contracts.V1.KeyEnvironment.Test ? Keys.KeyEnvironment.Test : Keys.KeyEnvironment.Live,
            Scopes = [.. request.Scopes.Distinct(StringComparer.Ordinal)],
            AllowedAddresses = addresses,
            PermittedWorkspaces = [.. request.PermittedWorkspaces.Distinct(StringComparer.Ordinal)],
            Metadata = new Dictionary<string, string>(request.Metadata, StringComparer.Ordinal),
            ExpireTime = expiry,
            NonRecoverable = request.NonRecoverable,
        };
    }

    private static void CheckScopes(CreateKeyRequest request, Violations violations)
    {
        if (!violations.Count("scopes", request.Scopes.Count, Scopes.MaxCount)) return;
        for (var i = 0; i < request.Scopes.Count; i++)
        {
            if (!Scopes.IsValid(request.Scopes[i]))
                violations.Add($"scopes[{i}]", "must be 1 to 64 of [a-z0-9._:-] and may end in .*");
            else if (request.WorkspaceId == Workspaces.System && !PermissionNames.TryParse(request.Scopes[i], out _))
                violations.Add($"scopes[{i}]", $"must be a permission in this workspace: {string.Join(", ", PermissionNames.Everything)}");
        }
    }

    private static string[] CheckAddresses(CreateKeyRequest request, Violations violations)
    {
        if (!violations.Count("allowed_addresses", request.AllowedAddresses.Count, 64)) return [];
        var canonical = new List<string>();
        for (var i = 0; i < request.AllowedAddresses.Count; i++)
        {
            if (AddressRange.TryParse(request.AllowedAddresses[i], out var range, out var problem)) canonical.Add(range.ToString());
            else violations.Add($"allowed_addresses[{i}]", problem);
        }

        return [.. canonical.Distinct(StringComparer.Ordinal)];
    }

    private static void CheckMetadata(CreateKeyRequest request, Violations violations)
    {
        if (!violations.Count("metadata", request.Metadata.Count, 32)) return;
        foreach (var (label, value) in request.Metadata)
        {
            if (string.IsNullOrWhiteSpace(label)) violations.Add("metadata", "must not have an empty name");
            else violations.Text("metadata", label, maxLength: 64, multiline: false);
            violations.Text("metadata", value, maxLength: 256, multiline: true);
        }
    }

    private static void CheckPermittedWorkspaces(CreateKeyRequest request, Violations violations)
    {
        if (request.PermittedWorkspaces.Count > 0 && request.WorkspaceId != Workspaces.System)
            violations.Add("permitted_workspaces", "is for keys of workspace system only");
        if (!violations.Count("permitted_workspaces", request.PermittedWorkspaces.Count, MaxPermittedWorkspaces)) return;
        for (var i = 0; i < request.PermittedWorkspaces.Count; i++)
        {
            var id = request.PermittedWorkspaces[i];
            if (id == Workspaces.System)
                violations.Add($"permitted_workspaces[{i}]", "cannot be system: keys:admin alone manages it");
            else if (id != Workspaces.All && !Workspaces.IsValid(id))
                violations.Add($"permitted_workspaces[{i}]", "must be 1 to 64 of [A-Za-z0-9_-], or *");
            else
                violations.NoApiKey($"permitted_workspaces[{i}]", id);
        }

        // It would be answered NOT_FOUND for every API key, without an error that says why. Other permissions are missed at the first call.
        if (request.WorkspaceId == Workspaces.System && request.PermittedWorkspaces.Count == 0 && request.Scopes.Contains(ValidateName))
            violations.Add("permitted_workspaces", $"is required with {ValidateName}: without a workspace it can validate no API key");
    }

    private DateTimeOffset? CheckExpiry(CreateKeyRequest request, Violations violations)
    {
        if (request.ExpireTime is not { } expiry) return null;

        // 0001-01-01 to 9999-12-31, as the format allows.
        if (expiry.Seconds is < -62_135_596_800 or > 253_402_300_799 || expiry.Nanos is < 0 or > 999_999_999)
        {
            violations.Add("expire_time", "is not a valid time");
            return null;
        }

        var at = UtcMicroseconds.Truncate(expiry.ToDateTimeOffset());
        // A request may be repeated after the expiry that it asked for: the issuer knows whether this is a repetition.
        var mayBeRepeated = request.RequestId.Length > 0 && !violations.Any;
        if (at <= time.GetUtcNow() && !mayBeRepeated) violations.Add("expire_time", GrpcErrors.ExpiryPast);
        return at;
    }
}
