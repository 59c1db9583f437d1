using System.Collections.Concurrent;
using System.Diagnostics;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.Cluster.Tests.Rig;

/// <summary>One life of a replica, from its start to its end. Only processes started here are ever signalled, by their id.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ReplicaProcess(ProcessStartInfo start, ConcurrentQueue<string> output)
    {
        _output = output;
        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) => Take(e.Data);
        _process.Exited += (_, _) => _ready.TrySetException(
            new InvalidOperationException("The replica ended: " + string.Join('\n', _output.TakeLast(20))));
    }

    public bool HasExited => _process.HasExited;

    /// <param name="start">With both streams redirected.</param>
    /// <param name="output">What it writes is added here.</param>
    public static ReplicaProcess Start(ProcessStartInfo start, ConcurrentQueue<string> output)
    {
        var replica = new ReplicaProcess(start, output);
        replica._process.Start();
        replica._process.BeginOutputReadLine();
        replica._process.BeginErrorReadLine();
        return replica;
    }

    public Task WhenReadyAsync(TimeSpan bound) => _ready.Task.WaitAsync(bound);

    public void Signal(int signal) => Signals.Send(_process.Id, signal);

    /// <summary>SIGKILL; ends a stopped process too.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync(TimeSpan bound)
    {
        await _process.WaitForExitAsync().WaitAsync(bound);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        // Nobody waits for a start that was broken off.
        _ = _ready.Task.Exception;
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (line.StartsWith("KeyService is ready", StringComparison.Ordinal)) _ready.TrySetResult();
    }
}
