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

    /// <summary>How long still a look says nothing of who is at work: the database may have lost the rows of replicas that are. Zero as a rule.</summary>
    /// <param name="look">What was found.</param>
    /// <param name="known">What this replica knew before the look was sent.</param>
    /// <param name="longestLease">Of all that may be at work.</param>
    public TimeSpan UnsureFor(Look look, in KnownBefore known, TimeSpan longestLease)
    {
        var unsure = UnsureFor(longestLease, Moment.Now(time));
        if (!Rules.Epoch) return unsure;
        var before = Rules.KnownBefore ? known : KnownBefore.Of(known.Incarnation);
        // Another history than that of before, a ticket from earlier, or a table that has lost this replica's row: the feed finds out too, and
        // starts as new.
        var isAnother = before.Epoch is { } epoch && look.Epoch.IsAnotherThan(epoch);
        var wentBack = look.Ticket > 0 && look.Ticket < before.Ticket;
        // Who started as new meanwhile has removed that row itself.
        var lostRow = before.IsRegistered && ReferenceEquals(belief.Current, before.Incarnation) && look.Rows.All(found => found.Row.ReplicaId != before.Incarnation.ReplicaId);
        if (isAnother || wentBack || lostRow) unsure = longestLease;
        if (look.Epoch.RenewTime is { } renewed && renewed + longestLease - look.DatabaseTime is var left && left > unsure) unsure = left;
        return unsure;
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
