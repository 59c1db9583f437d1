using System.Text;

namespace KeyService.Server.Observability;

/// <summary>An exception as it may be logged: its types and stack as they are, its messages made safe (<see cref="LogText"/>).</summary>
internal sealed class LoggedException : Exception
{
    private const int MaxDepth = 8;

    private readonly Exception _exception;
    private readonly LogTextRules _rules;

    public LoggedException(Exception exception, LogTextRules rules)
        : base(LogText.Safe(exception.Message, rules)) => (_exception, _rules) = (exception, rules);

    public override string? StackTrace => _exception.StackTrace;

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text, _exception, depth: 0);
        return text.ToString();
    }

    private void Write(StringBuilder text, Exception exception, int depth)
    {
        text.Append(exception.GetType().FullName).Append(": ").Append(LogText.Safe(exception.Message, _rules));
        if (exception.InnerException is { } inner && depth < MaxDepth)
        {
            text.AppendLine().Append(" ---> ");
            Write(text, inner, depth + 1);
            text.AppendLine().Append("   --- End of inner exception stack trace ---");
        }

        if (exception.StackTrace is { } stack) text.AppendLine().Append(stack);
    }
}
