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
            kept.Record.Revision.ShouldBe(revisions.Max());
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
        var key = new CachedKey(Samples.Record(), default);
        for (var i = 0; i < 10_000; i++) _cache.Put(DigestNumber(i), key);

        _cache.Count.ShouldBeInRange(50, 100);
    }

    private static KeyDigest DigestNumber(int number)
    {
        var bytes = new byte[KeyDigest.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return KeyDigest.FromBytes(bytes);
    }
}
