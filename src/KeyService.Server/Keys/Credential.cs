namespace KeyService.Server.Keys;

/// <summary>A key of workspace <c>system</c> as what it is for: a caller's credential. Made once for each looked-up record.</summary>
internal sealed class Credential(string keyId, CredentialRights rights)
{
    public string KeyId => keyId;

    public CredentialRights Rights => rights;
}
