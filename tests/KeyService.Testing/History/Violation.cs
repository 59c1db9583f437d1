namespace KeyService.Testing.History;

/// <summary>The rules of a history (I6 is a scan of bytes, not of a history).</summary>
internal enum Rule
{
    /// <summary>Nothing is answered from an older record after COMPLETE or <c>effective_time</c>.</summary>
    I1,

    /// <summary>No "no" for a key that is on; no error but while something is broken and 5 s after.</summary>
    I2,

    /// <summary>For one client, replica and key the revision never goes down.</summary>
    I3,

    /// <summary>A change whose answer was lost happens or not, but not after it was repeated.</summary>
    I4,

    /// <summary>After healing, all replicas agree with the database.</summary>
    I5,
}

/// <param name="Rule">What was broken.</param>
/// <param name="Why">In one line.</param>
/// <param name="Operation">The answer that broke it.</param>
/// <param name="Story">The operations of the key that matter.</param>
internal sealed record Violation(Rule Rule, string Why, Operation Operation, string Story)
{
    public override string ToString() => $"{Rule}: {Why}\n{Story}";
}
