using System.Globalization;

namespace KeyService.Server.TestHooks;

internal enum DatabaseFaultKind
{
    None,

    /// <summary>Nothing is answered until it is over. What was sent may take effect, then or now.</summary>
    Silent,

    /// <summary>Everything is answered, later.</summary>
    Delay,

    /// <summary>Some of it fails, before it took effect or after.</summary>
    Fail,

    /// <summary>What is committed is committed, and the answer never comes.</summary>
    LoseCommitAnswers,
}

/// <summary>What is wrong with the way to the database, until something else is.</summary>
/// <param name="kind">What.</param>
/// <param name="number">Of a delay: milliseconds; of failures: percent.</param>
internal sealed class DatabaseFault(DatabaseFaultKind kind, int number = 0)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DatabaseFaultKind Kind => kind;

    public TimeSpan Delay => TimeSpan.FromMilliseconds(number);

    public int Percent => number;

    public Task Over => _over.Task;

    /// <summary><c>none</c>, <c>silent</c>, <c>delay 100</c>, <c>fail 10</c>, <c>lose-commit-answers</c>.</summary>
    public static DatabaseFault Parse(string text) => text.Split(' ') switch
    {
        ["none"] => new(DatabaseFaultKind.None),
        ["silent"] => new(DatabaseFaultKind.Silent),
        ["delay", var milliseconds] => new(DatabaseFaultKind.Delay, int.Parse(milliseconds, CultureInfo.InvariantCulture)),
        ["fail", var percent] => new(DatabaseFaultKind.Fail, int.Parse(percent, CultureInfo.InvariantCulture)),
        ["lose-commit-answers"] => new(DatabaseFaultKind.LoseCommitAnswers),
        _ => throw new FormatException($"{SettingName}: no such fault: {text}"),
    };

    public const string SettingName = "KeyService__TestHooks__DatabaseFaults";

    public void End() => _over.TrySetResult();
}
