namespace KeyService.Server.Storage;

/// <summary>What a read ends with when its caller went away. The client libraries have several words for it, such as an <see cref="ArgumentOutOfRangeException"/> of a reader that was disposed meanwhile.</summary>
internal static class GivenUp
{
    public static bool Is(Exception exception, CancellationToken caller) => caller.IsCancellationRequested && exception is not OperationCanceledException;

    public static OperationCanceledException Of(Exception exception, CancellationToken caller) => new("The caller went away.", exception, caller);
}
