using KeyService.Server.Storage;

namespace KeyService.Server.Canary;

/// <summary>One replica's answer; <see cref="Answer"/> null: it has no address to be asked at.</summary>
/// <param name="Cause">Why there is none that can be judged; else empty.</param>
internal readonly record struct ReplicaAnswer(string ReplicaId, Answer? Answer, string Cause = "");

/// <summary>Asks all replicas at once. Channels are kept from round to round, and closed when their replica is gone.</summary>
/// <param name="connect">From an advertised address to a connection; null for an address that cannot be one.</param>
internal sealed class ReplicaCalls(Func<string, IReplicaConnection?> connect) : IDisposable
{
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>From here on these are the replicas.</summary>
    public void Follow(IReadOnlyCollection<ReplicaRow> rows)
    {
        foreach (var gone in _known.Keys.Except(rows.Select(row => row.ReplicaId), StringComparer.Ordinal).ToList())
        {
            if (_known.Remove(gone, out var known)) known.Connection?.Dispose();
        }

        foreach (var row in rows)
        {
            if (!_known.ContainsKey(row.ReplicaId))
                _known.Add(row.ReplicaId, new(row.ReplicaId, row.Address.Length > 0, row.Address.Length > 0 ? connect(row.Address) : null));
        }
    }

    /// <summary>Each one's answer.</summary>
    public async Task<IReadOnlyList<ReplicaAnswer>> AskAsync(string credential, CancellationToken cancellation) =>
        await Task.WhenAll(_known.Values.Select(known => known.AskAsync(credential, cancellation)));

    public void Dispose() => Follow([]);

    private sealed class Known(string id, bool hasAddress, IReplicaConnection? connection)
    {
        private bool _hasAccepted;

        public IReplicaConnection? Connection => connection;

        public async Task<ReplicaAnswer> AskAsync(string credential, CancellationToken cancellation)
        {
            if (!hasAddress) return new(id, Answer: null, "it advertises no address (KeyService:AdvertisedAddress)");
            if (connection is null) return new(id, Answer.None, "what it advertises is not a host and a port, such as replica-1:8081 or [2001:db8::1]:8081");
            var answer = await connection.AskAsync(credential, cancellation);
            // Who has never accepted the key may serve another store, or lack its master key: he has no say.
            if (answer == Answer.Accepted) _hasAccepted = true;
            return _hasAccepted
                ? new(id, answer, answer == Answer.None ? connection.Cause : "")
                : new(id, Answer.None, answer == Answer.None ? connection.Cause : "it has never accepted the canary's key: it serves another store, or lacks a master key");
        }
    }
}
