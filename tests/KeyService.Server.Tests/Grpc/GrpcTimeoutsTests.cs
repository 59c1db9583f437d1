using KeyService.Server.Grpc;

namespace KeyService.Server.Tests.Grpc;

public class GrpcTimeoutsTests
{
    [Theory]
    [InlineData("2H", 7_200_000)]
    [InlineData("3M", 180_000)]
    [InlineData("1S", 1_000)]
    [InlineData("250m", 250)]
    [InlineData("0m", 0)]
    [InlineData("12345678u", 12_345.678)]
    [InlineData("2000000n", 2)]
    public void A_timeout_is_digits_and_a_unit(string header, double milliseconds)
    {
        GrpcTimeouts.TryRead(header, out var timeout).ShouldBeTrue();
        timeout.ShouldBe(TimeSpan.FromMicroseconds(milliseconds * 1_000));
    }

    [Fact]
    public void The_longest_there_is_is_a_day()
    {
        GrpcTimeouts.TryRead("99999999H", out var timeout).ShouldBeTrue();
        timeout.ShouldBe(TimeSpan.FromDays(1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("\u0661S")]
    [InlineData("123456789S")]
    public void Anything_else_is_none(string header) => GrpcTimeouts.TryRead(header, out _).ShouldBeFalse();
}
