using System.Text;

namespace KeyService.Testing;

/// <summary>
/// The console of one server in the process of the tests. What a server writes to <see cref="Console"/>, on any of its threads,
/// goes to its own lines; what anything else writes goes where it went before.
/// </summary>
internal sealed class ConsoleOf(Action<string> output, Action<string> error)
{
    private static readonly AsyncLocal<ConsoleOf?> Current = new();

    private readonly Lines _output = new(output);
    private readonly Lines _error = new(error);

    static ConsoleOf()
    {
        Console.SetOut(new Switch(Console.Out, console => console._output));
        Console.SetError(new Switch(Console.Error, console => console._error));
    }

    /// <summary>For this task and all that it starts.</summary>
    public void Enter() => Current.Value = this;

    /// <summary>A line without its end, too.</summary>
    public void End()
    {
        _output.End();
        _error.End();
    }

    private sealed class Switch(TextWriter before, Func<ConsoleOf, TextWriter> streamOf) : TextWriter
    {
        public override Encoding Encoding => before.Encoding;

        private TextWriter Now => Current.Value is { } console ? streamOf(console) : before;

        public override void Write(char value) => Now.Write(value);

        public override void Write(char[] buffer, int index, int count) => Now.Write(buffer, index, count);

        public override void Write(string? value) => Now.Write(value);

        public override void Flush() => Now.Flush();
    }

    private sealed class Lines(Action<string> take) : TextWriter
    {
        private readonly Lock _lock = new();
        private readonly StringBuilder _line = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (_lock)
            {
                if (value != '\n') _line.Append(value);
                else Take();
            }
        }

        public void End()
        {
            lock (_lock)
            {
                if (_line.Length > 0) Take();
            }
        }

        private void Take()
        {
            take(_line.ToString());
            _line.Clear();
        }
    }
}
