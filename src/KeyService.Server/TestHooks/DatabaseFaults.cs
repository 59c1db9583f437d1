namespace KeyService.Server.TestHooks;

/// <summary>
/// A way to the database that fails as it is told, for this process alone: by the file that <c>KeyService__TestHooks__DatabaseFaults</c> names,
/// read every 10 ms. Its failures are those of a connection: <see cref="TimeoutException"/>, after which SQL Server's strategy tries again.
/// </summary>
internal sealed class DatabaseFaults : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Of the answers that are lost, so many are waited for first.</summary>
    private const int PercentAwaited = 10;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly Timer _timer;
    private volatile DatabaseFault _current = new(DatabaseFaultKind.None);
    private string _text = "none";
    private ulong _random = (ulong)Environment.ProcessId;

    public DatabaseFaults(string file)
    {
        _file = file;
        _timer = new(_ => Read(), null, TimeSpan.Zero, Poll);
    }

    /// <summary>Before a statement; when it returns, the statement is carried out.</summary>
    public async Task SendAsync(CancellationToken cancellation)
    {
        var fault = _current;
        switch (fault.Kind)
        {
            case DatabaseFaultKind.Silent:
                // It lay in a buffer, and takes effect when nobody may be waiting for it any more.
                await fault.Over.WaitAsync(cancellation);
                break;
            case DatabaseFaultKind.Delay:
                await Task.Delay(fault.Delay, TimeProvider.System, cancellation);
                break;
            case DatabaseFaultKind.Fail when IsOneOf(fault.Percent):
                throw Lost("A statement was not sent");
            default:
                break;
        }
    }

    /// <summary>Before a statement of an open transaction that others wait for: a slow one would hold them all, one whose client is gone ends.</summary>
    /// <param name="abort">Ends the transaction as the server does.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task SendInTransactionAsync(Action abort, CancellationToken cancellation)
    {
        var fault = _current;
        if (fault.Kind == DatabaseFaultKind.Fail && IsOneOf(fault.Percent)) throw Lost("A statement was not sent");
        if (fault.Kind == DatabaseFaultKind.Silent) await AbortAsync(fault, abort, cancellation);
    }

    /// <summary>Before a commit. One of two that are sent into silence arrives.</summary>
    public async Task SendCommitAsync(Action abort, CancellationToken cancellation)
    {
        var fault = _current;
        if (fault.Kind == DatabaseFaultKind.Fail && IsOneOf(fault.Percent)) throw Lost("A commit was not sent");
        if (fault.Kind == DatabaseFaultKind.Silent && IsOneOf(percent: 50)) await AbortAsync(fault, abort, cancellation);
    }

    /// <summary>After a statement took effect; when it returns, the answer has arrived.</summary>
    /// <param name="isCommit">Whether something was changed for good.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task AnswerAsync(bool isCommit, CancellationToken cancellation)
    {
        var fault = _current;
        if (fault.Kind == DatabaseFaultKind.Silent)
        {
            await fault.Over.WaitAsync(cancellation);
            throw Lost("An answer did not come");
        }

        if (!isCommit) return;
        if (fault.Kind == DatabaseFaultKind.Fail && IsOneOf(fault.Percent)) throw Lost("The answer to a commit did not come");
        if (fault.Kind != DatabaseFaultKind.LoseCommitAnswers) return;
        if (IsOneOf(PercentAwaited)) await Task.WhenAny(fault.Over, Task.Delay(LongestWait, TimeProvider.System, cancellation));
        throw Lost("The answer to a commit did not come");
    }

    public void Dispose()
    {
        _timer.Dispose();
        _current.End();
    }

    private static async Task AbortAsync(DatabaseFault fault, Action abort, CancellationToken cancellation)
    {
        abort();
        await fault.Over.WaitAsync(cancellation);
        throw Lost("The connection of a transaction was lost");
    }

    private static TimeoutException Lost(string what) => new($"{what}: a fault on purpose.");

    /// <summary>SplitMix64.</summary>
    private bool IsOneOf(int percent)
    {
        var z = Interlocked.Add(ref _random, 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (z ^ (z >> 31)) % 100 < (ulong)percent;
    }

    /// <summary>A seed and a fault: <c>42 fail 10</c>. The file is replaced as a whole.</summary>
    private void Read()
    {
        lock (_timer)
        {
            var text = File.ReadAllText(_file);
            if (text == _text) return;
            _text = text;
            var words = text.Split(' ', 2);
            _random = ulong.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
            var before = _current;
            _current = DatabaseFault.Parse(words[1]);
            before.End();
        }
    }
}
