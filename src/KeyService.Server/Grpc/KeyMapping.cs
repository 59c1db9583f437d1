using Google.Protobuf.WellKnownTypes;
using KeyService.Contracts.V1;
using KeyService.Server.Audit;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>From the words of the service to those of the contract.</summary>
internal static class KeyMapping
{
    public static Key ToKey(KeyRecord record, DateTimeOffset? lastUsedTime)
    {
        var key = ToKeyWithoutEtag(record);
        key.Etag = Etag.Of(record.Revision);
        if (lastUsedTime is { } used) key.LastUsedTime = used.ToTimestamp();
        return key;
    }

    public static Key ToKey(KeyView view) => ToKey(view.Key, view.LastUsedTime);

    public static Propagation ToPropagation(PropagationReport report) => new()
    {
        State = report.Complete ? PropagationState.Complete : PropagationState.Pending,
        Revision = report.Revision,
        EffectiveTime = report.EffectiveTime.ToTimestamp(),
        ReplicasConfirmed = report.ReplicasConfirmed,
        ReplicasPending = report.ReplicasPending,
        ConsistencyToken = report.ConsistencyToken,
    };

    public static Contracts.V1.AuditEvent ToAuditEvent(Audit.AuditEvent e) => new()
    {
        WorkspaceId = e.WorkspaceId,
        Sequence = e.Sequence,
        EventTime = e.EventTime.ToTimestamp(),
        Action = e.Action,
        Actor = e.Actor.CredentialId,
        OnBehalfOf = e.Actor.OnBehalfOf,
        KeyId = e.KeyId,
        Before = e.Before is null ? null : ToKeyWithoutEtag(e.Before),
        After = e.After is null ? null : ToKeyWithoutEtag(e.After),
    };

    /// <summary>All fields for VALID, key and revision alone for the other verdicts but NOT_FOUND, which carries nothing.</summary>
    public static ValidateKeyResponse ToResponse(KeyVerdict verdict) => verdict.Verdict == Validation.Verdict.Valid
        ? ValidateKeyResponse.Parser.ParseFrom(verdict.Answer.Bytes)
        : new() { Verdict = ToVerdict(verdict.Verdict), KeyId = verdict.KeyId, Revision = verdict.Revision };

    private static Key ToKeyWithoutEtag(KeyRecord record)
    {
        var key = new Key
        {
            KeyId = record.KeyId,
            WorkspaceId = record.WorkspaceId,
            Name = record.Name,
            Description = record.Description,
            Environment = ToEnvironment(record.Environment),
            Status = record.Status == Keys.KeyStatus.Enabled ? Contracts.V1.KeyStatus.Enabled : Contracts.V1.KeyStatus.Disabled,
            StatusReason = record.StatusReason,
            Hint = record.Hint,
            Recoverable = record.Recoverable,
            CreateTime = record.CreateTime.ToTimestamp(),
            UpdateTime = record.UpdateTime.ToTimestamp(),
            ExpireTime = record.ExpireTime?.ToTimestamp(),
            CreatedBy = record.CreatedBy,
        };
        key.Scopes.Add(record.Scopes);
        key.AllowedAddresses.Add(record.AllowedAddresses);
        key.PermittedWorkspaces.Add(record.PermittedWorkspaces);
        foreach (var (label, value) in record.Metadata) key.Metadata.Add(label, value);
        return key;
    }

    private static Contracts.V1.KeyEnvironment ToEnvironment(Keys.KeyEnvironment environment) =>
        environment == Keys.KeyEnvironment.Test ? Contracts.V1.KeyEnvironment.Test : Contracts.V1.KeyEnvironment.Live;

    private static Contracts.V1.Verdict ToVerdict(Validation.Verdict verdict) => verdict switch
    {
        Validation.Verdict.Valid => Contracts.V1.Verdict.Valid,
        Validation.Verdict.Disabled => Contracts.V1.Verdict.Disabled,
        Validation.Verdict.Expired => Contracts.V1.Verdict.Expired,
        Validation.Verdict.InsufficientScope => Contracts.V1.Verdict.InsufficientScope,
        Validation.Verdict.AddressNotAllowed => Contracts.V1.Verdict.AddressNotAllowed,
        _ => Contracts.V1.Verdict.NotFound,
    };
}
