using System.Collections.Concurrent;
using System.Data.Common;
using KeyService.Server.Keys;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// What the promise rests on beside the rows: the recovery fork, READ_COMMITTED_SNAPSHOT and the durability of commits. A restore, a failover and
/// a change of READ_COMMITTED_SNAPSHOT end every session of the database, so it is enough to ask once on each new connection; the
/// durability can be changed at any time, so all is asked again after a while, and at every chance while something is wrong.
/// </summary>
internal sealed class SqlServerSettings(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Of connections that are known; more than any pool of the feed has.</summary>
    private const int MostKnown = 200;

    private const int ForcedDelayedDurability = 2;

    private readonly ConcurrentDictionary<Guid, (Guid? Fork, long AskedAt)> _known = new();
    private volatile string? _torn;
    private volatile string? _unkept;

    /// <summary>Whether a batch on this connection has to ask.</summary>
    /// <param name="connection">By the client's id of the physical connection; empty when it has none, and then it is always asked.</param>
    public bool AreDue(Guid connection) =>
        _torn is not null || _unkept is not null || !_known.TryGetValue(connection, out var known) || time.GetElapsedTime(known.AskedAt) >= Interval;

    /// <summary>Reads the answer, and leaves the reader at the result behind it.</summary>
    /// <returns>The recovery fork; null when it cannot be seen.</returns>
    public async Task<Guid?> ReadAsync(Guid connection, DbDataReader reader, CancellationToken cancellation)
    {
        Guid? fork = null;
        // No row: this login may not see it, and what was known stays so.
        if (await reader.ReadAsync(cancellation))
        {
            if (!reader.IsDBNull(0)) _torn = reader.GetInt32(0) == 1 ? null : "READ_COMMITTED_SNAPSHOT is off in this database: a read may mix two states of a key";
            if (!reader.IsDBNull(1)) _unkept = reader.GetInt32(1) == ForcedDelayedDurability ? "DELAYED_DURABILITY is FORCED in this database: a crash may undo what was acknowledged" : null;
            fork = reader.IsDBNull(2) ? null : reader.GetGuid(2);
        }

        await reader.NextResultAsync(cancellation);
        if (connection == Guid.Empty) return fork;
        if (_known.Count >= MostKnown) _known.Clear();
        _known[connection] = (fork, time.GetTimestamp());
        return fork;
    }

    /// <summary>As it was when this connection was asked.</summary>
    public Guid? ForkOf(Guid connection) => _known.TryGetValue(connection, out var known) ? known.Fork : null;

    /// <summary>For every read that answers a call, and for the feed.</summary>
    /// <exception cref="StoreUnavailableException">What is read may never have been so.</exception>
    public void ThrowIfTorn()
    {
        if (_torn is { } torn) throw new StoreUnavailableException(failure: torn);
    }

    /// <summary>For the ticket that a COMPLETE rests on.</summary>
    /// <exception cref="StoreUnavailableException">Nothing may be called COMPLETE.</exception>
    public void ThrowIfUnkept()
    {
        if (_unkept is { } unkept) throw new StoreUnavailableException(failure: unkept);
    }
}
