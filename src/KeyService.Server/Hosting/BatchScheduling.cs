using System.Globalization;
using System.Runtime.InteropServices;

namespace KeyService.Server.Hosting;

/// <summary>
/// Runs the process by Linux's SCHED_BATCH. By the ordinary policy each small packet that arrives wakes the thread that waits for sockets, and that
/// one interrupts the thread that answers: on a busy core, calls that arrive one by one cost twice what they cost in heaps. By this policy it waits
/// for its turn and then takes what has arrived meanwhile (<c>tests/KeyService.Benchmarks</c>, README, has the figures, those beside a
/// program that wants the same core too). Source: sched(7).
/// </summary>
internal static class BatchScheduling
{
    private const string Tasks = "/proc/self/task";
    private const int Batch = 3;

    /// <summary>For every thread that there is; a later one takes it over from the one that starts it. Does nothing where the system does not allow it.</summary>
    public static void Begin()
    {
        if (!Directory.Exists(Tasks)) return;
        var none = 0;
        foreach (var task in Directory.EnumerateDirectories(Tasks))
            _ = sched_setscheduler(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), Batch, in none);
    }

    /// <param name="thread">Its number in the system.</param>
    /// <param name="policy">One of sched(7).</param>
    /// <param name="priority">0: this policy has none, and the nice value stays.</param>
    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int sched_setscheduler(int thread, int policy, in int priority);
}
