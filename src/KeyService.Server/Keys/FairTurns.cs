namespace KeyService.Server.Keys;

/// <summary>
/// A fixed number of turns that callers share equally: those who wait are served round robin by caller, and first come, first served within one. With a
/// plain queue one caller's flood delays every other call by the whole flood; here it delays it by one turn for each caller that waits.
/// </summary>
/// <param name="turns">How many may be taken at a time.</param>
/// <param name="perCaller">How many of them one caller may have, so that another finds one free.</param>
internal sealed class FairTurns(int turns, int perCaller)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <summary>Lines that have a waiter and may take a turn, in the order in which they are served.</summary>
    private readonly Queue<Line> _next = new();

    private int _free = turns;
    private int _waiting;

    /// <summary>Waits for a turn. Dispose the result to give it back.</summary>
    /// <param name="caller">Null: the service itself, which is a caller like any other.</param>
    /// <param name="longest">How long to wait at most.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="TimeoutException">No turn within <paramref name="longest"/>.</exception>
    public ValueTask<IDisposable> EnterAsync(string? caller, TimeSpan longest, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            var line = LineOf(caller ?? "");
            if (_free > 0 && line.Taken < perCaller && line.Waiters.Count == 0) return new(Grant(line));
            waiter = new(line);
            line.Waiters.AddLast(waiter.Node);
            _waiting++;
            Enlist(line);
        }

        return WaitAsync(waiter, longest, cancellation);
    }

    /// <summary>How many turns end, at most, before a call of this caller that comes now gets one; 0 or less: it gets one now.</summary>
    public int Ahead(string? caller)
    {
        lock (_lock)
        {
            var own = _lines.TryGetValue(caller ?? "", out var line) ? line.Waiters.Count : 0;
            if (_free > 0 && own == 0 && (line?.Taken ?? 0) < perCaller) return 0;
            // Each round serves each waiting line once. Beyond its own share a line waits for itself too.
            var others = _next.Count - (line is { IsListed: true } ? 1 : 0);
            return Math.Min(_waiting, own + (others * (own + 1))) + 1;
        }
    }

    private async ValueTask<IDisposable> WaitAsync(Waiter waiter, TimeSpan longest, CancellationToken cancellation)
    {
        try
        {
            return await waiter.Granted.Task.WaitAsync(longest, cancellation);
        }
        catch
        {
            lock (_lock)
            {
                if (waiter.Node.List is { } waiters)
                {
                    waiters.Remove(waiter.Node);
                    _waiting--;
                    Forget(waiter.Line);
                    throw;
                }
            }

            // Granted in the same moment: it goes to the next one.
            (await waiter.Granted.Task).Dispose();
            throw;
        }
    }

    private Line LineOf(string caller)
    {
        if (!_lines.TryGetValue(caller, out var line)) _lines.Add(caller, line = new(caller));
        return line;
    }

    private Turn Grant(Line line)
    {
        _free--;
        line.Taken++;
        return new(this, line);
    }

    private void Enlist(Line line)
    {
        if (line.IsListed || line.Waiters.Count == 0 || line.Taken >= perCaller) return;
        line.IsListed = true;
        _next.Enqueue(line);
    }

    private void Release(Line line)
    {
        lock (_lock)
        {
            _free++;
            line.Taken--;
            Enlist(line);
            while (_free > 0 && _next.TryDequeue(out var next))
            {
                next.IsListed = false;
                if (next.Waiters.First is { } first)
                {
                    next.Waiters.Remove(first);
                    _waiting--;
                    first.Value.Granted.SetResult(Grant(next));
                }

                Enlist(next);
                Forget(next);
            }

            Forget(line);
        }
    }

    /// <summary>A caller that neither has a turn nor waits for one takes no memory.</summary>
    private void Forget(Line line)
    {
        if (line.Taken == 0 && line.Waiters.Count == 0 && !line.IsListed) _lines.Remove(line.Caller);
    }

    private sealed class Line(string caller)
    {
        public string Caller { get; } = caller;

        public LinkedList<Waiter> Waiters { get; } = new();

        public int Taken { get; set; }

        public bool IsListed { get; set; }
    }

    private sealed class Waiter
    {
        public Waiter(Line line)
        {
            Line = line;
            Node = new(this);
        }

        public Line Line { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource<IDisposable> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Turn(FairTurns turns, Line line) : IDisposable
    {
        private FairTurns? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Release(line);
    }
}
