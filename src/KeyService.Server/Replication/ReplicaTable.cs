using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// The table of replicas as this process sees it. Looks are shared by all who wait; each tells for how long a row's beat has stood still, by
/// this process's own clock.
/// </summary>
internal sealed class ReplicaTable
{
    /// <summary>Between two looks while somebody waits: a part of the time in which changes should be COMPLETE, and few reads a second.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(3);

    /// <summary>There is a look a second while the database answers.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(3);

    private readonly IReplicationStore _store;
    private readonly DatabaseClock _clock;
    private readonly TimeProvider _time;
    private readonly SharedRuns<Look> _draws;
    private readonly SharedRuns<Look> _looks;
    private readonly Lock _lock = new();
    private long _lastLook;
    private TimeSpan _longestLease;
    private Dictionary<string, (long Beat, long Since)> _beats = new(StringComparer.Ordinal);

    public ReplicaTable(IReplicationStore store, DatabaseClock clock, TimeProvider time)
    {
        _store = store;
        _clock = clock;
        _time = time;
        _draws = new(() => ReadAsync(drawTicket: true), TimeSpan.Zero, time);
        _looks = new(() => ReadAsync(drawTicket: false), Gap, time);
    }

    /// <summary>A ticket drawn, and the rows read, after the call.</summary>
    public Task<Look> DrawAndLookAsync() => _draws.NextAsync();

    /// <summary>The rows, read after the call.</summary>
    public Task<Look> LookAsync() => _looks.NextAsync();

    /// <summary>The longest ever seen: a replica whose row the database has lost may have had that.</summary>
    public TimeSpan LongestLease
    {
        get
        {
            lock (_lock) return _longestLease;
        }
    }

    /// <summary>Deletes the rows whose beat stood still for more than their lease: nobody lives behind them, and changes would wait for them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ReapAsync(CancellationToken cancellation)
    {
        const double StillFor = 1.1;
        var look = await LookAsync().WaitAsync(cancellation);
        var reaped = 0;
        foreach (var (row, still) in look.Rows)
        {
            if (still > row.Lease * StillFor && await _store.RemoveReplicaAsync(row.ReplicaId, row.Beat, cancellation).WaitAsync(Bound, _time, cancellation))
                reaped++;
        }

        return reaped;
    }

    private async Task<Look> ReadAsync(bool drawTicket)
    {
        var sent = Moment.Now(_time);
        var look = await _store.LookAsync(drawTicket, CancellationToken.None).WaitAsync(Bound, _time);
        _clock.Told(look.DatabaseTime, sent);
        var now = Moment.Now(_time);
        lock (_lock)
        {
            // After an outage nobody has had a chance to beat: each gets its time again.
            if (_time.GetElapsedTime(_lastLook, now.Timestamp) > LongestGap) _beats.Clear();
            _lastLook = now.Timestamp;
            foreach (var row in look.Rows)
            {
                if (row.Lease > _longestLease) _longestLease = row.Lease;
            }

            var beats = new Dictionary<string, (long Beat, long Since)>(StringComparer.Ordinal);
            var rows = new List<(ReplicaRow, TimeSpan)>(look.Rows.Count);
            foreach (var row in look.Rows)
            {
                var seen = _beats.TryGetValue(row.ReplicaId, out var known) && known.Beat == row.Beat ? known : (Beat: row.Beat, Since: now.Timestamp);
                beats[row.ReplicaId] = seen;
                rows.Add((row, _time.GetElapsedTime(seen.Since, now.Timestamp)));
            }

            _beats = beats;
            return new(look.Ticket, look.Epoch, look.DatabaseTime, now, rows);
        }
    }
}

/// <summary>One look at the table.</summary>
/// <param name="Ticket">Drawn before the rows were read; 0 when none was.</param>
/// <param name="Epoch">The database's history.</param>
/// <param name="DatabaseTime">By the database's clock.</param>
/// <param name="At">When the answer was here.</param>
/// <param name="Rows">Each row, and for how long its beat has stood still.</param>
internal sealed record Look(long Ticket, StoreEpoch Epoch, DateTimeOffset DatabaseTime, Moment At, IReadOnlyList<(ReplicaRow Row, TimeSpan Still)> Rows);
