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

    private long _utcTicks;
    private int _listed;

    /// <summary>A time that is later by the resolution stays. True: it is on no list any more, so the caller puts it on one.</summary>
    public bool Raise(long utcTicks)
    {
        var present = Volatile.Read(ref _utcTicks);
        while (utcTicks - present >= Resolution)
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
