namespace KeyService.Server.Observability;

/// <summary>
/// Counters that every call on every core raises. One word for all would go from core to core with each call, so each core has a line of its own
/// (<c>tests/KeyService.Benchmarks</c>, micro, <c>Counters</c>, compares the two).
/// </summary>
internal sealed class StripedCounters
{
    /// <summary>Two lines: processors fetch them in pairs.</summary>
    private const int LineWords = 16;

    private readonly long[] _cells;
    private readonly int _stripeWords;
    private readonly int _stripeMask;

    /// <param name="count">How many counters.</param>
    public StripedCounters(int count)
    {
        _stripeWords = ((count + LineWords - 1) / LineWords) * LineWords;
        var stripes = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount);
        _stripeMask = stripes - 1;
        // A line before the first: the array's own length is there, which everybody reads.
        _cells = new long[LineWords + (stripes * _stripeWords)];
        Count = count;
    }

    public int Count { get; }

    public void Add(int counter, long value = 1) =>
        Interlocked.Add(ref _cells[LineWords + ((Thread.GetCurrentProcessorId() & _stripeMask) * _stripeWords) + counter], value);

    public long Read(int counter)
    {
        long sum = 0;
        for (var cell = LineWords + counter; cell < _cells.Length; cell += _stripeWords) sum += Volatile.Read(ref _cells[cell]);
        return sum;
    }
}
