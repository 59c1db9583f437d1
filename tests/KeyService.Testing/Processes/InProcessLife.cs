using System.Collections.Concurrent;
using KeyService.Server.Hosting;

namespace KeyService.Testing;

/// <summary>
/// A server in the process of the tests: the same commands, listeners and sockets, without the start of a runtime, which takes
/// two seconds of CPU time. It cannot be killed or suspended, and has the limits of the tests. Its log and its metrics are separate.
/// </summary>
internal sealed class InProcessLife : IServerLife
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ReadyLine _ready;
    private readonly Task<int> _run;

    private InProcessLife(IReadOnlyList<string> arguments, ConcurrentQueue<string> output)
    {
        _ready = new(output);
        _run = RunAsync(arguments, _ready.Take, _ready.Take, _stop.Token);
        _ = EndAsync();
    }

    public bool HasExited => _run.IsCompleted;

    public static InProcessLife Start(IReadOnlyList<string> arguments, ConcurrentQueue<string> output) => new(arguments, output);

    /// <summary>Runs a command of the server to its end, or until it is cancelled.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(
        IReadOnlyList<string> arguments, Action<string> output, Action<string> error, CancellationToken cancellation) =>
        Task.Run(
            async () =>
            {
                var console = new ConsoleOf(output, error);
                console.Enter();
                var code = await Commands.RunAsync([.. arguments], cancellation);
                console.End();
                return code;
            },
            CancellationToken.None);

    public Task WhenReadyAsync(TimeSpan bound) => _ready.WhenWrittenAsync(bound);

    public void Terminate() => _stop.Cancel();

    public Task<int> WaitForExitAsync(TimeSpan bound) => _run.WaitAsync(bound);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task EndAsync()
    {
        await ((Task)_run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ready.End();
    }
}
