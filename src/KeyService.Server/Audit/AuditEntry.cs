using KeyService.Server.Keys;

namespace KeyService.Server.Audit;

/// <summary>Who did something: a credential, and for whom it says it acted.</summary>
internal sealed record Actor(string CredentialId, string OnBehalfOf)
{
    /// <summary>A command of the service itself.</summary>
    public static readonly Actor Operator = new("operator", "");

    /// <summary>The canary of revocation.</summary>
    public static readonly Actor Canary = new("canary", "");
}

/// <summary>One thing that was done, before it has its place in the chain.</summary>
internal sealed record AuditEntry(
    Guid EventId, string WorkspaceId, string Action, Actor Actor, string KeyId, KeyRecord? Before, KeyRecord? After);

/// <summary>What was done; the names of the RPCs.</summary>
internal static class AuditActions
{
    public const string CreateKey = nameof(CreateKey);
    public const string SetStatus = nameof(SetStatus);
    public const string RevealKey = nameof(RevealKey);
    public const string InstallRootCredential = nameof(InstallRootCredential);
}
