using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Keys;
using KeyService.Server.Usage;
using KeyService.Server.Validation;

namespace KeyService.Server.Tests.Fakes;

/// <summary>The look-up and all above it on a <see cref="FakeEngine"/> and shared values that a test sets, in fake time.</summary>
internal sealed class LookupRig
{
    public LookupRig(LookupOptions? options = null)
    {
        var chosen = options ?? new LookupOptions { CacheCapacity = 100 };
        var metrics = Samples.Metrics(Time);
        Gate = new ReadGate(Time);
        Replica = Samples.Standing(Time);
        Belief = new Belief(Replica);
        Memory = new MemoryKeyCache(chosen);
        var redis = new RedisKeyCache(Shared, Belief, Samples.MasterKeys, metrics);
        Lookup = new KeyLookup(
            Memory, redis, new KeySource(Engine, Belief, Gate, metrics), Belief, new Freshness(Belief, Signal, Samples.MasterKeys, Time), chosen, Time, metrics);
        Finder = new KeyFinder(Lookup, Samples.MasterKeys, chosen);
        Usage = new UsageRecorder();
        Validator = new KeyValidator(Finder, Usage);
        Credentials = new CredentialValidator(Finder, Usage);
    }

    public TimerWatch Time { get; } = new(Samples.Now);

    public FakeEngine Engine { get; } = new();

    public FakeSharedValues Shared { get; } = new();

    public ReadGate Gate { get; }

    public FeedSignal Signal { get; } = new();

    /// <summary>The first life of the replica: with a lease, and everything up to revision 0 applied.</summary>
    public Incarnation Replica { get; }

    public Belief Belief { get; }

    public MemoryKeyCache Memory { get; }

    public KeyLookup Lookup { get; }

    public KeyFinder Finder { get; }

    public UsageRecorder Usage { get; }

    public KeyValidator Validator { get; }

    public CredentialValidator Credentials { get; }

    public static KeyDigest Digest { get; } = PinnedKey.DigestOf(PinnedKey.ApiKey);

    /// <summary>Looks up the pinned API key.</summary>
    public Task<CachedKey?> FindAsync(DateTime? deadline = null, CancellationToken cancellation = default) =>
        FindAsync(PinnedKey.ApiKey, deadline, cancellation);

    public async Task<CachedKey?> FindAsync(string apiKey, DateTime? deadline = null, CancellationToken cancellation = default) =>
        (await Lookup.FindAsync(Encoding.ASCII.GetBytes(apiKey), PinnedKey.DigestOf(apiKey), PinnedKey.Master, Budget(deadline), cancellation)).Key;

    /// <summary>Of a call that arrives now.</summary>
    public CallBudget Budget(DateTime? deadline = null) => new(Time.GetTimestamp(), deadline ?? DateTime.MaxValue, Time.GetUtcNow());

    /// <summary>Puts the record into memory as the pinned API key's.</summary>
    public void Remember(KeyRecord record) => Memory.Put(Digest, new CachedKey(record, Belief.Mark()));

    /// <summary>Whether memory alone answers for the pinned API key at this moment, and with what.</summary>
    public bool IsInMemory(out CachedKey? key) => Lookup.TryFindInMemory(Digest, Moment.Now(Time), out key);

    /// <summary>The replica was told of a change of the pinned API key's record.</summary>
    public void Commit(long revision) => Belief.Current.Floors.Raise(PinnedKey.KeyId, revision);
}
