using System.Security.Cryptography;
using System.Text.Json;
using KeyService.Server.Audit;
using KeyService.Server.Keys;

namespace KeyService.Server.Issuance;

/// <summary>What CreateKey was asked for, checked and in canonical form.</summary>
internal sealed record KeyRequest
{
    public required string WorkspaceId { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required KeyEnvironment Environment { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<string> AllowedAddresses { get; init; }

    public required IReadOnlyList<string> PermittedWorkspaces { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required DateTimeOffset? ExpireTime { get; init; }

    public required bool NonRecoverable { get; init; }

    /// <summary>SHA-256 of the request: the same for the same request, whatever the order of its labels.</summary>
    public byte[] Fingerprint() => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        this with { Metadata = new SortedDictionary<string, string>(Metadata.ToDictionary(), StringComparer.Ordinal) },
        JsonSerializerOptions.Default));
}

/// <summary>Who asks for a key.</summary>
internal sealed record Requester(Actor Actor, CredentialRights Rights);
