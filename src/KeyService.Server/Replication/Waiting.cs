using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// The replicas that a change waits for: those found after its commit. Each counts until its ticket is at or past the one drawn, its row is
/// gone, or its lease has passed on this process's clock since the draw. Rows that appear later registered after the commit, so they need no
/// waiting.
/// </summary>
internal sealed class Waiting
{
    private readonly TimeProvider _time;
    private readonly long _ticket;
    private readonly Moment _drawn;
    private readonly List<ReplicaRow> _missing;

    /// <param name="drawn">The first look, with the ticket.</param>
    /// <param name="own">This process's own name: its floor was raised before.</param>
    /// <param name="time">The clock.</param>
    public Waiting(Look drawn, string own, TimeProvider time)
    {
        _time = time;
        _ticket = drawn.Ticket;
        _drawn = drawn.At;
        _missing = [.. drawn.Rows.Select(found => found.Row).Where(row => row.ReplicaId != own)];
        Confirmed = drawn.Rows.Count - _missing.Count;
    }

    public int Confirmed { get; private set; }

    public int Pending => _missing.Count;

    public TimeSpan LongestLease(TimeSpan own)
    {
        var longest = own;
        foreach (var row in _missing)
        {
            if (row.Lease > longest) longest = row.Lease;
        }

        return longest;
    }

    /// <returns>Whether nobody is missing any more.</returns>
    public bool Update(Look look, bool waitForAll)
    {
        var now = Moment.Now(_time);
        Confirmed += _missing.RemoveAll(row => look.Rows.Any(found => found.Row.ReplicaId == row.ReplicaId && found.Row.Ticket >= _ticket));
        _missing.RemoveAll(row =>
            !look.Rows.Any(found => found.Row.ReplicaId == row.ReplicaId)
            || _time.GetElapsedTime(_drawn.Timestamp, now.Timestamp) >= row.Lease);
        return _missing.Count == 0 || !waitForAll;
    }

    /// <summary>Whether each one missing has shown no sign of life for so long.</summary>
    public bool IsHopeless(Look look, TimeSpan still) => _missing.Count > 0 && _missing.TrueForAll(row =>
        look.Rows.Any(found => found.Row.ReplicaId == row.ReplicaId && found.Still >= still));
}
