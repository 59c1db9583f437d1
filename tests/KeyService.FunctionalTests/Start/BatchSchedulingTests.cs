using System.Globalization;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

/// <summary>The scheduler's policy, as the system tells it of each thread.</summary>
public sealed class BatchSchedulingTests
{
    private const int Ordinary = 0, Batch = 3;

    [Theory]
    [InlineData("true", Batch)]
    [InlineData("false", Ordinary)]
    public async Task EveryThreadHasThePolicyThatIsSetAsync(string setting, int expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have no such policy.");
        await using var store = new TestStore(TestEngine.Embedded);
        await using var server = await TestServer.StartAsync(store, ("KeyService__BatchScheduling", setting));
        // Threads that answer are among them, and those of the database.
        await server.Client.ListKeysAsync(new ListKeysRequest { WorkspaceId = "default" }, server.Root);

        PoliciesOf(server.Id).Distinct().ShouldBe([expected]);
    }

    /// <summary>Field 41 of <c>stat</c>; the name, field 2, may have spaces in it. Source: proc_pid_stat(5).</summary>
    private static List<int> PoliciesOf(int process) =>
    [
        .. Directory.GetDirectories($"/proc/{process}/task").Select(StatOf).OfType<string>()
            .Select(stat => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[41 - 3], CultureInfo.InvariantCulture)),
    ];

    /// <summary>Null: the thread has ended meanwhile.</summary>
    private static string? StatOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
