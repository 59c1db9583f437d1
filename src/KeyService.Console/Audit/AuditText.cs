using KeyService.AdminConsole.Layout;
using KeyService.Contracts.V1;

namespace KeyService.AdminConsole.Audit;

/// <summary>An audit event in a person's words.</summary>
internal static class AuditText
{
    public static string Of(AuditEvent entry) => entry.Action switch
    {
        "CreateKey" => "Created the key",
        "RevealKey" => "Copied the API Auth Key",
        "SetStatus" => (entry.After?.Status == KeyStatus.Enabled ? "Enabled the key" : "Disabled the key")
            + (entry.After?.StatusReason is { Length: > 0 } reason ? $": {ForeignText.Mark(reason)}" : ""),
        "InstallRootCredential" => "Installed the root credential",
        var other => other,
    };
}
