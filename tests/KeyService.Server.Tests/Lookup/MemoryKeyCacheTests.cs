using CsCheck;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Lookup;

public class MemoryKeyCacheTests
{
    private static readonly KeyDigest Digest = DigestNumber(1);

    private readonly MemoryKeyCache _cache = new(new LookupOptions { CacheCapacity = 100 });

    [Fact]
    public void What_was_put_is_found_under_its_digest_alone()
    {
        var key = new CachedKey(Samples.Record(), default);
        _cache.Put(Digest, key);

        _cache.TryGet(Digest, out var found).ShouldBeTrue();
        found.ShouldBeSameAs(key);
        _cache.TryGet(DigestNumber(2), out _).ShouldBeFalse();
    }

    [Fact]
    public void A_later_revision_is_never_replaced_by_an_earlier_one() =>
        Gen.Long[1, 20].Array[1, 10].Sample(revisions =>
        {
            var cache = new MemoryKeyCache(new LookupOptions { CacheCapacity = 100 });
            foreach (var revision in revisions) cache.Put(Digest, new CachedKey(Samples.Record(revision), default));

            cache.TryGet(Digest, out var kept).ShouldBeTrue();
            kept.Revision.ShouldBe(revisions.Max());
        });

    [Fact]
    public void The_same_revision_read_later_takes_the_place_of_the_one_no_longer_believed()
    {
        _cache.Put(Digest, new CachedKey(Samples.Record(5), new(null!, Horizon: 0)));
        _cache.Put(Digest, new CachedKey(Samples.Record(5), new(null!, Horizon: 1)));

        _cache.TryGet(Digest, out var kept).ShouldBeTrue();
        kept.Mark.Horizon.ShouldBe(1);
    }

    [Fact]
    public void However_many_keys_are_looked_up_it_keeps_no_more_than_its_capacity()
    {
        for (var i = 0; i < 10_000; i++) _cache.Put(DigestNumber(i), new CachedKey(Samples.Record(), default));

        _cache.Count.ShouldBe(100);
        Enumerable.Range(0, 10_000).Count(i => _cache.TryGet(DigestNumber(i), out _)).ShouldBe(100);
    }

    [Fact]
    public void A_key_that_is_asked_for_again_and_again_stays_while_others_come_and_go()
    {
        var hot = new CachedKey(Samples.Record(), default);
        _cache.Put(DigestNumber(0), hot);
        for (var i = 1; i < 1_000; i++)
        {
            _cache.TryGet(DigestNumber(0), out _).ShouldBeTrue($"after {i} others");
            _cache.Put(DigestNumber(i), new CachedKey(Samples.Record(), default));
        }
    }

    [Fact]
    public void What_was_not_asked_for_since_it_came_goes_before_what_was()
    {
        for (var i = 0; i < 100; i++) _cache.Put(DigestNumber(i), new CachedKey(Samples.Record(), default));
        for (var i = 0; i < 50; i++) _cache.TryGet(DigestNumber(i), out _).ShouldBeTrue();

        for (var i = 100; i < 150; i++) _cache.Put(DigestNumber(i), new CachedKey(Samples.Record(), default));

        for (var i = 0; i < 50; i++) _cache.TryGet(DigestNumber(i), out _).ShouldBeTrue($"key {i}");
        for (var i = 50; i < 100; i++) _cache.TryGet(DigestNumber(i), out _).ShouldBeFalse($"key {i}");
    }

    [Fact]
    public void With_every_key_in_use_the_search_for_a_place_ends_before_it_has_seen_them_all()
    {
        var cache = new MemoryKeyCache(new LookupOptions { CacheCapacity = 3_000 });
        for (var i = 0; i < 3_000; i++) cache.Put(DigestNumber(i), new CachedKey(Samples.Record(), default));
        for (var i = 0; i < 3_000; i++) cache.TryGet(DigestNumber(i), out _).ShouldBeTrue();

        cache.Put(DigestNumber(3_000), new CachedKey(Samples.Record(), default));

        cache.TryGet(DigestNumber(1_000), out _).ShouldBeFalse("the first after the longest search gives way");
        cache.TryGet(DigestNumber(0), out _).ShouldBeTrue();
        cache.TryGet(DigestNumber(3_000), out _).ShouldBeTrue();
    }

    /// <summary>Against a plain dictionary: chains, replacements and evictions in any order lose and invent nothing.</summary>
    [Fact]
    public void Whatever_is_put_and_asked_in_whatever_order_what_is_found_is_the_last_that_was_put() =>
        Gen.Select(Gen.Int[0, 300], Gen.Bool).Array[1, 600].Sample(steps =>
        {
            var cache = new MemoryKeyCache(new LookupOptions { CacheCapacity = 100 });
            var last = new Dictionary<int, CachedKey>();
            var revision = 0;
            foreach (var (number, put) in steps)
            {
                if (put) cache.Put(DigestNumber(number), last[number] = new CachedKey(Samples.Record(++revision), default));
                else if (cache.TryGet(DigestNumber(number), out var found)) found.ShouldBeSameAs(last[number]);
            }

            cache.Count.ShouldBe(Math.Min(last.Count, 100));
            last.Keys.Count(number => cache.TryGet(DigestNumber(number), out _)).ShouldBe(cache.Count);
        });

    [Fact]
    public async Task While_others_come_and_go_and_are_replaced_a_key_that_stays_is_always_found()
    {
        // All in few chains: the low bits, which choose the bucket, are the same.
        var hot = DigestNumber(0);
        _cache.Put(hot, new CachedKey(Samples.Record(), default));
        var missed = 0;
        var done = false;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    if (!_cache.TryGet(hot, out CachedKey? _)) Interlocked.Increment(ref missed);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        for (var i = 1; i <= 100_000; i++)
        {
            _cache.Put(DigestNumber((i % 50) * 128), new CachedKey(Samples.Record(), default));
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(readers);
        missed.ShouldBe(0);
    }

    private static KeyDigest DigestNumber(int number)
    {
        var bytes = new byte[KeyDigest.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return KeyDigest.FromBytes(bytes);
    }
}
