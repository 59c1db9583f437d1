namespace KeyService.Storage.Tests.TSql;

/// <summary>A row of each table as SqlClient would bring it.</summary>
internal static class RecordedRows
{
    public const string KeyId = "key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f";

    private static readonly DateTime Time = new(2027, 3, 4, 5, 6, 7, DateTimeKind.Unspecified);

    public static Dictionary<string, object> Of(string table) => table switch
    {
        "ApiKeys" => new()
        {
            ["KeyId"] = KeyId,
            ["WorkspaceId"] = "w1",
            ["Name"] = "a key",
            ["NameOrder"] = "A KEY",
            ["Description"] = "",
            ["Search"] = "A KEY",
            ["Environment"] = (byte)1,
            ["Status"] = (byte)1,
            ["StatusReason"] = "",
            ["Hint"] = "ks_live",
            ["Recoverable"] = true,
            ["Scopes"] = "[]",
            ["AllowedAddresses"] = "[]",
            ["PermittedWorkspaces"] = "[]",
            ["Metadata"] = "{}",
            ["CreateTime"] = Time,
            ["UpdateTime"] = Time,
            ["ExpireTime"] = Time,
            ["CreatedBy"] = "operator",
            ["Revision"] = new byte[] { 0, 0, 0, 0, 0, 0, 7, 1 },
            ["LastUsedTime"] = Time,
        },
        "AuditHeads" => new()
        {
            ["WorkspaceId"] = "w1",
            ["Sequence"] = 5L,
            ["Mac"] = new byte[32],
            ["PurgedSequence"] = 0L,
            ["PurgedMac"] = new byte[32],
            ["PurgedSeal"] = new byte[32],
            ["PurgedGeneration"] = "1",
        },
        "AuditEvents" => new()
        {
            ["Number"] = 1L,
            ["WorkspaceId"] = "w1",
            ["Sequence"] = 1L,
            ["EventId"] = Guid.Empty,
            ["EventTime"] = Time,
            ["Action"] = "CreateKey",
            ["Actor"] = "operator",
            ["OnBehalfOf"] = "",
            ["KeyId"] = KeyId,
            ["Before"] = "",
            ["After"] = "",
            ["Generation"] = "1",
            ["Mac"] = new byte[32],
        },
        "KeySecrets" => new()
        {
            ["Number"] = 1L,
            ["Digest"] = new byte[32],
            ["KeyId"] = KeyId,
            ["Generation"] = "1",
            ["Sealed"] = new byte[64],
            ["CreateTime"] = Time,
            ["RetireTime"] = DBNull.Value,
        },
        "RequestRecords" => new()
        {
            ["CallerId"] = "key_requester",
            ["WorkspaceId"] = "w1",
            ["Rpc"] = "CreateKey",
            ["RequestId"] = "r1",
            ["Fingerprint"] = new byte[32],
            ["KeyId"] = KeyId,
            ["CreateTime"] = Time,
        },
        "MasterKeyFingerprints" => new() { ["Generation"] = "1", ["Fingerprint"] = new byte[32] },
        "KeyUsage" => new() { ["KeyId"] = KeyId, ["LastUsedTime"] = Time },
        _ => [],
    };
}
