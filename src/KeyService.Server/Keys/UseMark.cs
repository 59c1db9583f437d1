namespace KeyService.Server.Keys;

/// <summary>Somebody who keeps a key's record and the time of its last use side by side.</summary>
internal interface IUsed
{
    string KeyId { get; }

    ref UseMark Use { get; }
}

/// <summary>
/// When a key was last used, kept with its record: recording a use touches no other object. Who raises it writes the time, then looks
/// whether the mark is listed; who takes it unlists it, then looks at the time. With a full fence between the two steps on both sides one of
/// them sees the other, so no use is lost.
/// </summary>
internal struct UseMark
{
    /// <summary>
    /// A millisecond. A key that every core uses at once, as the credential of a caller is, would else be written by each of them for each call,
    /// and its line would go from core to core.
    /// </summary>
    public const long Resolution = TimeSpan.TicksPerMillisecond;

    /// <summary>A time that is earlier by more than this is no late report: the clock was wrong before. As <see cref="UtcMicroseconds.Tolerance"/>.</summary>
    private const long Tolerance = TimeSpan.TicksPerMinute;

    private long _utcTicks;
    private int _listed;

    /// <summary>A time that is later by the resolution stays, and so does one that shows that the time before was wrong. True: it is on no list any more, so the caller puts it on one.</summary>
    public bool Raise(long utcTicks)
    {
        var present = Volatile.Read(ref _utcTicks);
        // Later by the resolution, or earlier by more than the tolerance, in one comparison.
        while ((ulong)(utcTicks - present + Tolerance) >= (ulong)(Resolution + Tolerance))
        {
            var found = Interlocked.CompareExchange(ref _utcTicks, utcTicks, present);
            if (found == present) break;
            present = found;
        }

        // No fence when the time was not raised, and none is needed: the time was raised by somebody who looks himself.
        return Volatile.Read(ref _listed) == 0 && Interlocked.Exchange(ref _listed, 1) == 0;
    }

    /// <summary>From the list, for whoever writes it: the time of the last use.</summary>
    public long Take()
    {
        Interlocked.Exchange(ref _listed, 0);
        return Volatile.Read(ref _utcTicks);
    }
}
