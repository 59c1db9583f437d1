using KeyService.Testing.History;

namespace KeyService.Cluster.Tests.Faults;

/// <summary>Redis is only ever a cache: without it at most 0.1 % of validations are not answered.</summary>
internal static class ErrorRate
{
    private const double Most = 0.001;

    public static void ShouldBeLow(IReadOnlyList<Operation> operations)
    {
        var stalls = Heartbeat.Here.StallsSince(0);
        var (asked, failed) = (0, 0);
        foreach (var operation in operations)
        {
            if (operation.Kind != OperationKind.Validate) continue;
            // It failed by its deadline, while nothing ran.
            if (!operation.IsOk && stalls.Exists(stall => stall.Excuses(operation))) continue;
            asked++;
            if (!operation.IsOk) failed++;
        }

        // Of a few hundred, one is more than that, and says nothing.
        failed.ShouldBeLessThanOrEqualTo(Math.Max(1, (int)(asked * Most)), $"of {asked} validations");
    }
}
