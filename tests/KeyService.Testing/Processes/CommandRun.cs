using System.Collections.Concurrent;
using System.Diagnostics;

namespace KeyService.Testing;

/// <summary>A command that ran to its end, its two streams apart.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    public string Everything => $"exit code {ExitCode}\n{Output}{Error}";

    public IReadOnlyList<string> OutputLines => Lines(Output);

    public IReadOnlyList<string> ErrorLines => Lines(Error);

    /// <summary>Runs a command of the server.</summary>
    public static Task<CommandRun> OfServerAsync(string command, TestStore store, params (string Name, string Value)[] settings) =>
        OfAsync(TestServer.Command(command, store, [.. TestServer.ShortLived, .. settings]));

    /// <summary>Runs a command of the server in the process of the tests: without the start of a runtime.</summary>
    public static async Task<CommandRun> OfServerInProcessAsync(
        string command, TestStore store, params (string Name, string Value)[] settings)
    {
        var (output, error) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        using var bound = new CancellationTokenSource(Bound);
        var code = await InProcessLife.RunAsync(store.ArgumentsOf(command, settings), output.Enqueue, error.Enqueue, bound.Token);
        var run = new CommandRun(code, TextOf(output), TextOf(error));
        return bound.IsCancellationRequested ? throw new TimeoutException($"{command} did not end:\n{run.Everything}") : run;
    }

    /// <summary>Runs any program, with <paramref name="input"/> on its standard input, for a minute unless <paramref name="bound"/> says otherwise.</summary>
    public static async Task<CommandRun> OfAsync(ProcessStartInfo start, string? input = null, TimeSpan? bound = null)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.RedirectStandardInput = input is not null;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }

        try
        {
            await process.WaitForExitAsync().WaitAsync(bound ?? Bound);
        }
        catch (TimeoutException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} did not end:\n{await output}{await error}", e);
        }

        return new(process.ExitCode, await output, await error);
    }

    /// <summary>Fails with all that the program said.</summary>
    public void ShouldEndWith(int exitCode) => ExitCode.ShouldBe(exitCode, Everything);

    private static string TextOf(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + '\n'));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
