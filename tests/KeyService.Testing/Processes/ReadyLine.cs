using System.Collections.Concurrent;

namespace KeyService.Testing;

/// <summary>The output of a server, and the line of it that reports readiness.</summary>
internal sealed class ReadyLine(ConcurrentQueue<string> output)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task WhenWrittenAsync(TimeSpan bound) => _ready.Task.WaitAsync(bound);

    public void Take(string line)
    {
        output.Enqueue(line);
        if (line.StartsWith("KeyService is ready", StringComparison.Ordinal)) _ready.TrySetResult();
    }

    /// <summary>The server has ended: a wait for the line fails with the output so far.</summary>
    public void End()
    {
        _ready.TrySetException(new InvalidOperationException("The server ended: " + string.Join('\n', output)));
        // A start that is broken off has no wait.
        _ = _ready.Task.Exception;
    }
}
