using System.Security.Cryptography;
using KeyService.Server.Keys;

namespace KeyService.Server.Replication;

/// <summary>Why a replica starts as new.</summary>
internal enum NewStart
{
    /// <summary>The database has another history than before.</summary>
    Epoch,

    /// <summary>A ticket or a watermark was lower than one seen before.</summary>
    WentBack,

    /// <summary>The own row was not there, or not as this replica left it.</summary>
    RowMissing,

    /// <summary>The first registration was not answered.</summary>
    RegistrationLost,

    /// <summary>More changes than a cycle reads.</summary>
    TooManyChanges,
}

/// <summary>
/// Starts the replica as new, under a new name. When the reason is that the database may have gone back in time, replicas may be at work
/// whose rows it has lost: until their leases have passed, nothing is COMPLETE.
/// </summary>
internal sealed class Incarnations(Belief belief, ReplicaOptions options, TimeProvider time)
{
    private readonly Lock _changing = new();
    private Moment? _unsureSince;

    public static Incarnation New(ReplicaOptions options, TimeProvider time) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), new Lease(options.Lease, time), new Floors(options.FloorCapacity));

    public void StartAsNew(NewStart reason)
    {
        lock (_changing)
        {
            if (reason is NewStart.Epoch or NewStart.WentBack or NewStart.RowMissing) _unsureSince = Moment.Now(time);
            belief.StartAsNew(New(options, time));
        }
    }

    /// <summary>How long still no change may be called COMPLETE; zero as a rule.</summary>
    public TimeSpan UnsureFor(TimeSpan longestLease, in Moment now)
    {
        lock (_changing)
        {
            if (_unsureSince is not { } since || !Rules.Epoch) return TimeSpan.Zero;
            var left = longestLease - time.GetElapsedTime(since.Timestamp, now.Timestamp);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
