using System.Diagnostics;
using System.Globalization;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>Times of answered operations, for people: printed, never asserted.</summary>
internal static class Times
{
    public static string Of(string what, IReadOnlyList<Operation> operations, Func<Operation, bool> isOne)
    {
        var times = new List<double>();
        foreach (var operation in operations)
        {
            if (operation.IsOk && isOne(operation)) times.Add(Stopwatch.GetElapsedTime(operation.Invoked, operation.Ended).TotalMilliseconds);
        }

        times.Sort();
        return times.Count == 0
            ? $"{what}: none"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: median {times[times.Count / 2]:0.0} ms, p99 {times[times.Count * 99 / 100]:0.0} ms, most {times[^1]:0.0} ms, of {times.Count}");
    }
}
