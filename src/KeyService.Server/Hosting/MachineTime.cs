using System.Globalization;
using System.Runtime.InteropServices;

namespace KeyService.Server.Hosting;

/// <summary>
/// The system's time, with time stamps that count on while the machine is suspended: a lease must not outlive a sleep. Linux has
/// CLOCK_BOOTTIME; elsewhere the framework's own time stamps are used, and a lease rests on UTC as well.
/// </summary>
internal sealed class MachineTime : TimeProvider
{
    private const int ClockBoottime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly bool HasBoottime = OperatingSystem.IsLinux() && ClockGetTime(ClockBoottime, out _) == 0;

#if TEST_HOOKS
    private static readonly TimeSpan Offset =
        Environment.GetEnvironmentVariable("KeyService__TestHooks__ClockOffset") is { Length: > 0 } text
            ? TimeSpan.Parse(text, CultureInfo.InvariantCulture)
            : TimeSpan.Zero;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
#endif

    public override long TimestampFrequency => HasBoottime ? NanosecondsPerSecond : base.TimestampFrequency;

    public override long GetTimestamp()
    {
        if (!HasBoottime) return base.GetTimestamp();
        _ = ClockGetTime(ClockBoottime, out var now);
        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }

    // Answered in user space, in about 25 ns; too short for a transition of the collector's.
    [DllImport("libc", EntryPoint = "clock_gettime"), SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockGetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
