namespace KeyService.Server.Keys;

/// <summary>
/// The authenticated caller of the call that runs now, so that shared resources behind the wire can be divided by caller. Flows with the execution
/// context. Set on paths that may wait for the store only: a call answered from memory never sets it.
/// </summary>
internal static class CurrentCaller
{
    private static readonly AsyncLocal<string?> Current = new();

    /// <summary>The id of the credential; null in background work, and before the caller is known.</summary>
    public static string? Id
    {
        get => Current.Value;
        set => Current.Value = value;
    }
}
