using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

/// <summary>A start that must be refused: exit code 1 and one line for the operator.</summary>
internal static class Refusal
{
    /// <summary>
    /// Starts the server in the process of the tests, if the store allows that, and returns the line. Its output may name what
    /// it did before.
    /// </summary>
    public static async Task<string> OfStartAsync(TestStore store, params (string Name, string Value)[] settings)
    {
        var (http, grpc) = Ports.FreePair();
        settings = [("KeyService__HttpPort", $"{http}"), ("KeyService__GrpcPort", $"{grpc}"), .. settings];
        return Line(store.NeedsProcess
            ? await CommandRun.OfServerAsync("serve", store, settings)
            : await CommandRun.OfServerInProcessAsync("serve", store, settings));
    }

    /// <summary>Runs a command in a process of its own and returns the line.</summary>
    public static async Task<string> OfAsync(string command, TestStore store, params (string Name, string Value)[] settings) =>
        Line(await CommandRun.OfServerAsync(command, store, settings));

    private static string Line(CommandRun run)
    {
        run.ShouldEndWith(1);
        // A start may warn before it refuses, of files with a mode that these tests give them.
        var lines = run.ErrorLines.Where(line => !line.StartsWith("warning: ", StringComparison.Ordinal)).ToList();
        lines.Count.ShouldBe(1, run.Everything);
        run.OutputLines.ShouldAllBe(line => line.StartsWith("Made a master key in ", StringComparison.Ordinal), run.Everything);
        lines[0].Length.ShouldBeLessThan(400);
        return lines[0];
    }
}
