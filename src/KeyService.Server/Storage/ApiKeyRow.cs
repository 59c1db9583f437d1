using KeyService.Server.Keys;

namespace KeyService.Server.Storage;

/// <summary>A row of <c>ApiKeys</c>: the record of a key. The only table whose rows carry a revision.</summary>
internal sealed class ApiKeyRow
{
    public required string KeyId { get; init; }

    public required string WorkspaceId { get; init; }

    public required string Name { get; set; }

    /// <summary>What <c>order_by: name</c> sorts by; see <see cref="SearchText"/>.</summary>
    public required string NameOrder { get; set; }

    public required string Description { get; set; }

    /// <summary>Name, description and hint, folded as <see cref="SearchText"/> says, for <c>query</c>.</summary>
    public required string Search { get; set; }

    public required KeyEnvironment Environment { get; init; }

    public required KeyStatus Status { get; set; }

    public required string StatusReason { get; set; }

    public required string Hint { get; set; }

    public required bool Recoverable { get; set; }

    public required IReadOnlyList<string> Scopes { get; set; }

    public required IReadOnlyList<string> AllowedAddresses { get; set; }

    public required IReadOnlyList<string> PermittedWorkspaces { get; set; }

    public required IReadOnlyDictionary<string, string> Metadata { get; set; }

    public required DateTimeOffset CreateTime { get; init; }

    public required DateTimeOffset UpdateTime { get; set; }

    public required DateTimeOffset? ExpireTime { get; set; }

    public required string CreatedBy { get; init; }

    /// <summary>SQL Server: <c>rowversion</c>. SQLite: drawn from <see cref="RevisionCounterRow"/> in the same transaction.</summary>
    public long Revision { get; set; }

    public static ApiKeyRow From(KeyRecord record) => new()
    {
        KeyId = record.KeyId,
        WorkspaceId = record.WorkspaceId,
        Name = record.Name,
        NameOrder = SearchText.NameOrder(record.Name),
        Description = record.Description,
        Search = SearchText.Of(record.Name, record.Description, record.Hint),
        Environment = record.Environment,
        Status = record.Status,
        StatusReason = record.StatusReason,
        Hint = record.Hint,
        Recoverable = record.Recoverable,
        Scopes = record.Scopes,
        AllowedAddresses = record.AllowedAddresses,
        PermittedWorkspaces = record.PermittedWorkspaces,
        Metadata = record.Metadata,
        CreateTime = record.CreateTime,
        UpdateTime = record.UpdateTime,
        ExpireTime = record.ExpireTime,
        CreatedBy = record.CreatedBy,
        Revision = record.Revision,
    };

    public KeyRecord ToRecord() => new()
    {
        KeyId = KeyId,
        WorkspaceId = WorkspaceId,
        Name = Name,
        Description = Description,
        Environment = Environment,
        Status = Status,
        StatusReason = StatusReason,
        Hint = Hint,
        Recoverable = Recoverable,
        Scopes = Scopes,
        AllowedAddresses = AllowedAddresses,
        PermittedWorkspaces = PermittedWorkspaces,
        Metadata = Metadata,
        CreateTime = CreateTime,
        UpdateTime = UpdateTime,
        ExpireTime = ExpireTime,
        CreatedBy = CreatedBy,
        Revision = Revision,
    };
}
