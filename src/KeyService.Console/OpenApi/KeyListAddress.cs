using KeyService.AdminConsole.Layout;
using KeyService.Contracts.V1;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>What the list shows, as its address says: another tab, a reload and the way back show the same.</summary>
public sealed record KeyListAddress(string WorkspaceId, string Query, KeyStatus Status, string Order, string After)
{
    public const string NewestFirst = "create_time desc";
    public const string OldestFirst = "create_time";
    public const string ByName = "name";

    /// <summary>The first page of everything.</summary>
    public static KeyListAddress Of(string workspaceId) => new(workspaceId, "", KeyStatus.Unspecified, NewestFirst, "");

    /// <summary>Whatever is in an address by hand becomes something that can be shown.</summary>
    public static KeyListAddress Read(string workspaceId, string? query, string? status, string? sort, string? after) => new(
        workspaceId,
        SearchQuery.OfAddress(query),
        status switch { "enabled" => KeyStatus.Enabled, "disabled" => KeyStatus.Disabled, _ => KeyStatus.Unspecified },
        sort switch { "oldest" => OldestFirst, "name" => ByName, _ => NewestFirst },
        after ?? "");

    public bool IsFiltered => Query.Length > 0 || Status != KeyStatus.Unspecified;

    public ListKeysRequest ToRequest(int pageSize) => new()
    {
        WorkspaceId = WorkspaceId, Query = Query, Status = Status, OrderBy = Order, PageToken = After, PageSize = pageSize,
    };

    public override string ToString()
    {
        var parts = new List<string>();
        if (Query.Length > 0) parts.Add($"q={Uri.EscapeDataString(Query)}");
        if (Status != KeyStatus.Unspecified) parts.Add($"status={(Status == KeyStatus.Enabled ? "enabled" : "disabled")}");
        if (Order != NewestFirst) parts.Add($"sort={(Order == ByName ? "name" : "oldest")}");
        if (After.Length > 0) parts.Add($"after={Uri.EscapeDataString(After)}");
        return ConsolePaths.Keys(WorkspaceId) + (parts.Count == 0 ? "" : "?" + string.Join('&', parts));
    }
}
