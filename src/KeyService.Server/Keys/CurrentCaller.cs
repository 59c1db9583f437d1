namespace KeyService.Server.Keys;

/// <summary>
/// The id of the caller on whose behalf the current asynchronous flow works, so that what callers share further down (the writer's turn, reads of the
/// database) can be given to them in equal parts. Null for work of the service itself. Not set where memory answers: nothing is shared there.
/// </summary>
internal static class CurrentCaller
{
    private static readonly AsyncLocal<string?> Current = new();

    public static string? Id
    {
        get => Current.Value;
        set => Current.Value = value;
    }
}
