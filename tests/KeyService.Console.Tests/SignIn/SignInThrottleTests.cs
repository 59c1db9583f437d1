using System.Net;
using KeyService.AdminConsole.SignIn;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.AdminConsole.Tests.SignIn;

public sealed class SignInThrottleTests
{
    private static readonly IPAddress Somebody = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly SignInThrottle _throttle;

    public SignInThrottleTests() => _throttle = new(_time);

    [Fact]
    public void After_five_failures_there_is_one_try_in_ten_seconds()
    {
        for (var i = 0; i < 5; i++) Fail(Somebody).ShouldBeTrue();

        Fail(Somebody).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(10));
        Fail(Somebody).ShouldBeTrue();
        Fail(Somebody).ShouldBeFalse();
    }

    [Fact]
    public void Who_tries_at_the_same_time_has_no_more()
    {
        var tries = Enumerable.Range(0, 100).Select(_ => _throttle.Begin(Somebody)).ToList();

        tries.Count(one => one is not null).ShouldBe(5);
    }

    [Fact]
    public void Who_signs_in_is_never_slowed()
    {
        for (var i = 0; i < 100; i++)
        {
            using var one = _throttle.Begin(Somebody).ShouldNotBeNull();
            one.Held = true;
        }
    }

    [Fact]
    public void After_ten_minutes_it_is_forgotten()
    {
        for (var i = 0; i < 5; i++) Fail(Somebody);
        _time.Advance(TimeSpan.FromMinutes(11));

        for (var i = 0; i < 5; i++) Fail(Somebody).ShouldBeTrue();
    }

    [Fact]
    public void Another_place_is_not_slowed_and_a_network_of_IPv6_is_one_place()
    {
        for (var i = 0; i < 5; i++) Fail(IPAddress.Parse($"2001:db8::{i}"));

        Fail(IPAddress.Parse("2001:db8::ffff")).ShouldBeFalse();
        Fail(IPAddress.Parse("2001:db8:0:1::1")).ShouldBeTrue();
        Fail(Somebody).ShouldBeTrue();
        Fail(Somebody.MapToIPv6()).ShouldBeTrue();
    }

    [Fact]
    public void It_remembers_no_more_places_than_it_has_room_for()
    {
        for (var i = 0; i < 5; i++) Fail(Somebody);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 1; i < 10_000; i++) Fail(new IPAddress((long)i)).ShouldBeTrue();
        Fail(Somebody).ShouldBeFalse();

        Fail(new IPAddress(20_000L)).ShouldBeTrue("a flood keeps nobody out");
        Fail(Somebody).ShouldBeTrue("whose last failure is the oldest is forgotten");
    }

    private bool Fail(IPAddress address)
    {
        using var one = _throttle.Begin(address);
        return one is not null;
    }
}
