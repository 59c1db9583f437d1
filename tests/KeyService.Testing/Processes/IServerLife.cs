namespace KeyService.Testing;

/// <summary>A server from its start to its end.</summary>
internal interface IServerLife : IAsyncDisposable
{
    bool HasExited { get; }

    /// <summary>Until it has written that it is ready.</summary>
    Task WhenReadyAsync(TimeSpan bound);

    /// <summary>Asks it to end, and returns at once.</summary>
    void Terminate();

    /// <summary>Until it has ended. All its output has been read by then.</summary>
    /// <returns>The exit code.</returns>
    Task<int> WaitForExitAsync(TimeSpan bound);
}
