namespace KeyService.Server.Keys;

/// <summary>A key of workspace <c>system</c> as what it is for: a caller's credential. Made once for each looked-up record.</summary>
internal sealed class Credential(KeyRecord record)
{
    public string KeyId { get; } = record.KeyId;

    public CredentialRights Rights { get; } = CredentialRights.Of(record);
}
