namespace KeyService.Testing.Cluster.Rig;

/// <summary>What the build with test hooks does to a replica's way to the database, on any engine.</summary>
/// <param name="Text">As the hooks read it.</param>
internal sealed record DatabaseFault(string Text)
{
    public static DatabaseFault None { get; } = new("none");

    /// <summary>Nothing is answered until it is healed. What was sent may take effect, at once or then; an open transaction of SQLite's ends.</summary>
    public static DatabaseFault Silent { get; } = new("silent");

    /// <summary>What is committed is committed, and the answer never comes.</summary>
    public static DatabaseFault LostCommitAnswers { get; } = new("lose-commit-answers");

    /// <summary>Everything is answered so much later.</summary>
    public static DatabaseFault Slow(int milliseconds) => new($"delay {milliseconds}");

    /// <summary>So many of the statements and of the commits fail, before or after they took effect.</summary>
    public static DatabaseFault Failing(int percent) => new($"fail {percent}");
}
