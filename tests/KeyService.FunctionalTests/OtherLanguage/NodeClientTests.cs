using System.Diagnostics;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.OtherLanguage;

public sealed class NodeClientTests(SharedServer shared)
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "KeyService.FunctionalTests", "OtherLanguage");

    [Fact]
    public async Task A_client_that_knows_only_the_protos_walks_the_whole_service()
    {
        // tests/run has done that before; else the registry takes the time that it takes.
        if (!IsInstalled()) (await CommandRun.OfAsync(Start("npm", "ci", "--no-audit", "--no-fund"), bound: TimeSpan.FromMinutes(5))).ShouldEndWith(0);

        var run = await CommandRun.OfAsync(Start("node", "walk.js"));

        run.ShouldEndWith(0);
        run.OutputLines.Count.ShouldBeGreaterThan(20);
        run.OutputLines.ShouldAllBe(line => line.StartsWith("ok ", StringComparison.Ordinal));
    }

    /// <summary>npm writes that file last, and after the lock file.</summary>
    private static bool IsInstalled()
    {
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"));
    }

    private ProcessStartInfo Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, UseShellExecute = false };
        start.Environment["KEYSERVICE_ADDRESS"] = shared.Server.GrpcAddress.Authority;
        start.Environment["KEYSERVICE_CREDENTIAL_FILE"] = shared.Server.Store.RootCredentialFile;
        return start;
    }
}
