using System.Collections.Concurrent;
using System.Diagnostics;

namespace KeyService.Testing;

/// <summary>A server process from its start to its end. Only processes started here are signalled, by their id.</summary>
internal sealed class ProcessLife : IServerLife
{
    private readonly Process _process;
    private readonly ReadyLine _ready;

    private ProcessLife(ProcessStartInfo start, ConcurrentQueue<string> output)
    {
        _ready = new(output);
        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) => Take(e.Data);
        _process.Exited += (_, _) => _ready.End();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <param name="start">With both streams redirected.</param>
    /// <param name="output">What it writes is added here.</param>
    public static ProcessLife Start(ProcessStartInfo start, ConcurrentQueue<string> output)
    {
        var life = new ProcessLife(start, output);
        life._process.Start();
        life._process.BeginOutputReadLine();
        life._process.BeginErrorReadLine();
        return life;
    }

    public Task WhenReadyAsync(TimeSpan bound) => _ready.WhenWrittenAsync(bound);

    /// <summary>SIGTERM, as an orchestrator does.</summary>
    public void Terminate() => Signal(Signals.Terminate);

    public void Signal(int signal) => Signals.Send(_process.Id, signal);

    /// <summary>SIGKILL; ends a stopped process too. Its output has been read to the end when this returns.</summary>
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
        _ready.End();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is not null) _ready.Take(line);
    }
}
