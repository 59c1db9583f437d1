namespace KeyService.Benchmarks.Load;

/// <summary>What a slice of load gave.</summary>
/// <param name="Completed">Calls answered as they must be within the measured time.</param>
/// <param name="All">Calls answered, those before and after the measured time too; 0 if it is not known.</param>
/// <param name="Seconds">The measured time.</param>
/// <param name="Latencies">Of each, in seconds, from the intended start; ascending; empty at saturation.</param>
internal sealed record Slice(long Completed, long All, double Seconds, double[] Latencies)
{
    public double PerSecond => Completed / Seconds;

    /// <summary>RESOURCE_EXHAUSTED within the measured time: seconds from when each was sent; ascending.</summary>
    public double[] Rejected { get; init; } = [];

    /// <summary>Calls that failed otherwise within the measured time.</summary>
    public long Failed { get; init; }

    /// <summary>Answered OK, but not as they must be. None is a slice to take a figure from.</summary>
    public long Wrong { get; init; }

    /// <summary>Due within the measured time and never sent, because every stream was taken.</summary>
    public long NotSent { get; init; }

    public double Percentile(double part) => Percentile(Latencies, part);

    public double RejectedPercentile(double part) => Percentile(Rejected, part);

    public static double Percentile(double[] sorted, double part) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(sorted.Length * part))];

    /// <exception cref="InvalidOperationException">Something else was answered than what the load is about.</exception>
    public Slice Require(Calls calls, bool failuresAllowed = false)
    {
        if (Wrong > 0) throw new InvalidOperationException($"{calls.Name}: {Wrong} answers are not what they must be.");
        if (!failuresAllowed && (Failed > 0 || Rejected.Length > 0))
            throw new InvalidOperationException($"{calls.Name}: {Failed} calls failed, {Rejected.Length} were rejected.");
        return this;
    }
}
