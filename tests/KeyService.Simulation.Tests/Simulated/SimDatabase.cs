using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>One committed version of a key.</summary>
/// <param name="Serial">Never repeats, whatever becomes of the database: later versions have higher ones.</param>
/// <param name="Revision">As the database counts; repeats after it went back.</param>
/// <param name="Secret">Which secret is current.</param>
/// <param name="Enabled">The status.</param>
internal sealed record Version(long Serial, long Revision, int Secret, bool Enabled);

/// <summary>A change that is not committed yet, or is and cannot be seen yet.</summary>
internal sealed record Change(int Key, Version Version, TaskCompletionSource Committed)
{
    /// <summary>When its revision was drawn.</summary>
    public TimeSpan DrawnAt { get; init; }

    public TimeSpan HiddenSince { get; set; }
}

/// <summary>
/// The database in memory. As SQL Server it hands out a revision when a change is sent, and may show a commit a while after it left the list of
/// what is active; as SQLite it does both at the commit. A revision may be drawn a moment before it is in that list, so a watermark may fall.
/// </summary>
internal sealed class SimDatabase(SimTime time, bool isSqlServer)
{
    /// <summary>A commit is seen at the latest after this: below half of the settle time, the other half may pass between two looks at the watermark.</summary>
    private static readonly TimeSpan HiddenAtMost = TimeSpan.FromSeconds(2);

    /// <summary>A drawn revision is in the list of what is active at the latest after this.</summary>
    private static readonly TimeSpan UnlistedAtMost = TimeSpan.FromMilliseconds(500);

    private long _serial = SimKeys.Keys;
    private long _nextRevision = SimKeys.Keys + 1;
    private long _ticket;
    private int _renewals;
    private Image? _saved;

    public TimeSpan SettleTime => isSqlServer ? TimeSpan.FromSeconds(5) : TimeSpan.Zero;

    public Version[] Rows { get; private set; } = [.. Enumerable.Range(1, SimKeys.Keys).Select(i => new Version(i, i, 0, Enabled: true))];

    public List<Change> Active { get; } = [];

    /// <summary>Revisions that are drawn and not in the list of what is active yet.</summary>
    public List<Change> Unlisted { get; } = [];

    public List<Change> Hidden { get; } = [];

    public Dictionary<string, ReplicaRow> Replicas { get; private set; } = new(StringComparer.Ordinal);

    public StoreEpoch Epoch { get; private set; } = new(new('0', 32), null);

    public DateTimeOffset Time => time.Utc;

    /// <summary>Counts restores: who was acknowledged before one may have lost it.</summary>
    public int History { get; private set; }

    /// <summary>Whether rows of replicas at work were ever lost: by a restore, or because they were taken for dead.</summary>
    public bool HasLostRows { get; private set; }

    /// <summary>Whether a replica at work has this name.</summary>
    public Func<string, bool> IsAtWork { get; set; } = _ => true;

    /// <summary>Deletes a row that was taken for a dead replica's.</summary>
    public bool Reap(string replicaId)
    {
        HasLostRows |= IsAtWork(replicaId);
        return Replicas.Remove(replicaId);
    }

    public bool IsBusy(int key) => Active.Concat(Hidden).Concat(Unlisted).Any(change => change.Key == key);

    /// <summary>Sends a change; its key is locked until it is seen.</summary>
    public Change Begin(int key, Dice random)
    {
        var present = Rows[key];
        var version = present with { Serial = ++_serial, Revision = isSqlServer ? _nextRevision++ : 0 };
        version = random.Next(3) == 0 ? version with { Secret = 1 - present.Secret } : version with { Enabled = !present.Enabled };
        var change = new Change(key, version, new()) { DrawnAt = time.Now };
        (isSqlServer && random.Next(3) == 0 ? Unlisted : Active).Add(change);
        return change;
    }

    /// <summary>It is in the list of what is active.</summary>
    public void List(Change change)
    {
        Unlisted.Remove(change);
        Active.Add(change);
    }

    public void Commit(Change change)
    {
        Active.Remove(change);
        if (isSqlServer)
        {
            change.HiddenSince = time.Now;
            Hidden.Add(change);
        }
        else
        {
            Rows[change.Key] = change.Version with { Revision = _nextRevision++ };
            change.Committed.SetResult();
        }
    }

    /// <summary>The commit is acknowledged, and every read sees it.</summary>
    public void Show(Change change)
    {
        Hidden.Remove(change);
        Rows[change.Key] = change.Version;
        change.Committed.SetResult();
    }

    public void ShowWhatMustBeSeen()
    {
        foreach (var change in Unlisted.Where(change => time.Now - change.DrawnAt >= UnlistedAtMost).ToArray()) List(change);
        foreach (var change in Hidden.Where(change => time.Now - change.HiddenSince >= HiddenAtMost).ToArray()) Show(change);
    }

    public long DrawTicket() => isSqlServer ? ++_ticket : _nextRevision - 1;

    public long Watermark => isSqlServer ? Active.Select(change => change.Version.Revision).DefaultIfEmpty(_nextRevision).Min() : _nextRevision;

    public IReadOnlyList<KeyChange> ChangesAbove(long horizon, int max) =>
        [.. Rows.Select((row, key) => new KeyChange(SimKeys.IdOf(key), row.Revision)).Where(change => change.Revision > horizon).OrderBy(change => change.Revision).Take(max + 1)];

    public void Save() => _saved = new([.. Rows], _nextRevision, _ticket, new(Replicas, StringComparer.Ordinal));

    /// <summary>Puts back what was saved, and renews the epoch as <c>keyservice recover</c> does. What was under way is lost.</summary>
    /// <returns>False when nothing was saved.</returns>
    public bool Restore()
    {
        if (_saved is not { } saved) return false;
        Active.Clear();
        Hidden.Clear();
        Unlisted.Clear();
        HasLostRows = true;
        Rows = [.. saved.Rows];
        _nextRevision = saved.NextRevision;
        _ticket = saved.Ticket;
        History++;
        RenewEpoch();
        return true;
    }

    /// <summary>What <c>keyservice recover</c> does.</summary>
    public void RenewEpoch()
    {
        Replicas = new(StringComparer.Ordinal);
        Epoch = new((++_renewals).ToString("x32", System.Globalization.CultureInfo.InvariantCulture), Time);
    }

    private sealed record Image(Version[] Rows, long NextRevision, long Ticket, Dictionary<string, ReplicaRow> Replicas);
}
