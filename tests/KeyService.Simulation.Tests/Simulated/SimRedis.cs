using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Redis in memory: may be emptied, rolled back, written late, or filled by somebody else. Nudges are lost, doubled and late.</summary>
internal sealed class SimRedis(SimNetwork network, Dice random)
{
    private Dictionary<KeyDigest, byte[]> _values = [];
    private Dictionary<KeyDigest, byte[]> _saved = [];

    /// <summary>Writing is best effort: in half of the worlds no writer's value arrives, so that what is there is old.</summary>
    private readonly bool _hearsWriters = random.Next(2) == 0;

    /// <summary>Full, or a copy that takes no writes.</summary>
    public bool IsReadOnly { get; set; }

    public void Save() => _saved = new(_values);

    public void RollBack() => _values = new(_saved);

    public void Empty() => _values = [];

    /// <summary>What somebody may write who can write to Redis and has no master key: an old value as a newer one, or one key's value for another.</summary>
    public void Forge()
    {
        if (_values.Count == 0) return;
        var source = _values.Values.Concat(_saved.Values).ElementAt(random.Next(_values.Count));
        var forged = source.ToArray();
        var target = SimKeys.DigestOf(random.Next(SimKeys.Keys), random.Next(SimKeys.Secrets));
        // Revision and horizon at their highest.
        forged.AsSpan(CachedKeyFormat.RevisionOffset, CachedKeyFormat.RevisionLength).Fill((byte)'7');
        forged.AsSpan(CachedKeyFormat.RevisionOffset + CachedKeyFormat.RevisionLength, sizeof(long)).Fill(0x7f);
        _values[target] = forged;
    }

    public ISharedValues ValuesFor(SimReplica replica) => new Values(this, replica);

    public IChangedKeys ChangedKeysFor(RedisKeyCache values) => _hearsWriters ? values : new Unheard();

    public INudgeChannel ChannelFor(IReadOnlyList<SimReplica> all) => new Channel(this, all);

    private sealed class Values(SimRedis redis, SimReplica replica) : ISharedValues
    {
        public async Task<byte[]?> GetAsync(KeyDigest digest)
        {
            await redis.Network.Outside();
            // A miss, whatever the reason.
            var value = redis.Random.Next(10) == 0 ? null : redis._values.GetValueOrDefault(digest);
            await redis.Network.Arrival(replica);
            return value;
        }

        public async Task PutIfNewerAsync(KeyDigest digest, byte[] value, byte[]? rejected)
        {
            await redis.Network.Outside();
            if (redis.IsReadOnly) return;
            if (redis._values.TryGetValue(digest, out var present)
                && (rejected is null || !present.AsSpan().SequenceEqual(rejected))
                && present.AsSpan(0, CachedKeyFormat.RevisionOffset).SequenceEqual(value.AsSpan(0, CachedKeyFormat.RevisionOffset))
                && Revision(present).SequenceCompareTo(Revision(value)) > 0)
            {
                return;
            }

            redis._values[digest] = value;
        }

        private static ReadOnlySpan<byte> Revision(byte[] value) => value.AsSpan(CachedKeyFormat.RevisionOffset, CachedKeyFormat.RevisionLength);
    }

    private sealed class Unheard : IChangedKeys
    {
        public void Put(ChangedKey changed)
        {
        }
    }

    private sealed class Channel(SimRedis redis, IReadOnlyList<SimReplica> all) : INudgeChannel
    {
        public void Send(byte[] nudge)
        {
            foreach (var replica in all)
            {
                for (var copies = redis.Random.Next(3); copies > 0; copies--) _ = DeliverAsync(replica, nudge);
            }
        }

        private async Task DeliverAsync(SimReplica replica, byte[] nudge)
        {
            await redis.Network.Arrival(replica);
            replica.Nudges.Receive(nudge);
        }
    }

    private SimNetwork Network => network;

    private Dice Random => random;
}
