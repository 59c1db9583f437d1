using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;

namespace KeyService.Server.Tests.Lookup;

/// <summary>Status and expiry share a field: neither may change what the other says.</summary>
public sealed class CachedKeyTests
{
    private static readonly ValidAnswer answer = ValidAnswer.From([0x08, 1, 0x12, 1, (byte)'k', 0x1A, 1, (byte)'w', 0x22, 1, (byte)'n', 0x28, 1]);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(638_000_000_000_000_000)]
    [InlineData(long.MaxValue)]
    public void A_key_has_its_status_and_its_expiry_whatever_the_other_is(long expiryUtcTicks)
    {
        var (on, off) = (Key(KeyStatus.Enabled, expiryUtcTicks), Key(KeyStatus.Disabled, expiryUtcTicks));

        (on.IsEnabled, on.ExpiryUtcTicks).ShouldBe((true, expiryUtcTicks));
        (off.IsEnabled, off.ExpiryUtcTicks).ShouldBe((false, expiryUtcTicks));
        on.IsExpiredAt(DateTimeOffset.MaxValue).ShouldBe(off.IsExpiredAt(DateTimeOffset.MaxValue));
    }

    [Fact]
    public void An_expiry_that_no_time_has_cannot_switch_a_key_on() =>
        Should.Throw<ArgumentOutOfRangeException>(() => Key(KeyStatus.Disabled, -1));

    private static CachedKey Key(KeyStatus status, long expiryUtcTicks) => new(answer, status, expiryUtcTicks, AddressList.Of([]), [], revision: 1, default);
}
