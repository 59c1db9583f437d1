using KeyService.Server.Keys;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Keys;

public sealed class UtcMicrosecondsTests
{
    private static readonly DateTimeOffset Now = new(2027, 3, 4, 5, 6, 7, TimeSpan.Zero);

    /// <summary>Seconds that the previous time is ahead of the clock; up to the tolerance the time stays, beyond it the clock counts.</summary>
    [Theory]
    [InlineData(-3_600, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(60, 60)]
    [InlineData(60.000001, 0)]
    [InlineData(366 * 86_400, 0)]
    public void A_time_is_not_before_the_previous_one_unless_that_is_far_ahead(double previous, double expected) =>
        UtcMicroseconds.NotBefore(Now.AddSeconds(previous), new FakeTimeProvider(Now)).ShouldBe(Now.AddSeconds(expected));
}
