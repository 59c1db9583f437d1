namespace KeyService.Server.Keys;

/// <summary>Whether the key's owner lets it be used. Values are stored: never renumber.</summary>
internal enum KeyStatus : byte
{
    Enabled = 1,
    Disabled = 2,
}

/// <summary>Which environment the key was made for; part of its text. Values are stored: never renumber.</summary>
internal enum KeyEnvironment : byte
{
    Live = 1,
    Test = 2,
}

/// <summary>
/// What the service knows of a key, without its secret. Immutable: a change makes a new record with a higher revision.
/// </summary>
internal sealed record KeyRecord
{
    /// <summary><c>key_</c> and a UUIDv7 as 32 lower-case hex digits.</summary>
    public required string KeyId { get; init; }

    public required string WorkspaceId { get; init; }

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public required KeyEnvironment Environment { get; init; }

    public required KeyStatus Status { get; init; }

    public string StatusReason { get; init; } = "";

    public required string Hint { get; init; }

    public required bool Recoverable { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Canonical CIDR texts; empty means any address.</summary>
    public IReadOnlyList<string> AllowedAddresses { get; init; } = [];

    /// <summary>Only for keys of workspace <c>system</c>: ids, or <c>*</c>.</summary>
    public IReadOnlyList<string> PermittedWorkspaces { get; init; } = [];

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public required DateTimeOffset CreateTime { get; init; }

    public required DateTimeOffset UpdateTime { get; init; }

    public DateTimeOffset? ExpireTime { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>The database's number for the latest change.</summary>
    public required long Revision { get; init; }
}
