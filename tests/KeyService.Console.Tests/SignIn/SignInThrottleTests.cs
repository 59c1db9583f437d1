using System.Net;
using KeyService.AdminConsole.SignIn;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.AdminConsole.Tests.SignIn;

public sealed class SignInThrottleTests
{
    private static readonly IPAddress Somebody = IPAddress.Parse("192.0.2.1");
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly SignInThrottle _throttle;

    public SignInThrottleTests() => _throttle = new(_time);

    [Fact]
    public async Task After_five_failures_each_is_told_ten_seconds_late()
    {
        for (var i = 0; i < 5; i++) ShouldBeTold(Somebody);

        var late = _throttle.FailAsync(Somebody);
        _time.Advance(Pause - TimeSpan.FromMilliseconds(1));
        late.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        (await late).ShouldBeTrue();
        _throttle.FailAsync(Somebody).IsCompleted.ShouldBeFalse("which is slowed too");
    }

    [Fact]
    public async Task Who_tries_at_the_same_time_has_no_more()
    {
        var tries = Enumerable.Range(0, 100).Select(_ => _throttle.FailAsync(Somebody)).ToList();

        tries.Count(one => !one.IsCompleted).ShouldBe(5, "wait");
        tries.Count(one => one.IsCompleted && one.Result).ShouldBe(5, "are told at once");
        tries.Count(one => one.IsCompleted && !one.Result).ShouldBe(90, "are told that they are too many");
        _time.Advance(Pause);
        (await Task.WhenAll(tries)).Count(told => told).ShouldBe(10);
        _throttle.FailAsync(Somebody).IsCompleted.ShouldBeFalse("there is room to wait again");
    }

    [Fact]
    public void After_ten_minutes_it_is_forgotten()
    {
        for (var i = 0; i < 5; i++) ShouldBeTold(Somebody);
        _time.Advance(TimeSpan.FromMinutes(11));

        for (var i = 0; i < 5; i++) ShouldBeTold(Somebody);
    }

    [Fact]
    public void Another_place_is_not_slowed_and_a_network_of_IPv6_is_one_place()
    {
        for (var i = 0; i < 5; i++) ShouldBeTold(IPAddress.Parse($"2001:db8::{i}"));

        _throttle.FailAsync(IPAddress.Parse("2001:db8::ffff")).IsCompleted.ShouldBeFalse();
        ShouldBeTold(IPAddress.Parse("2001:db8:0:1::1"));
        ShouldBeTold(Somebody);
        ShouldBeTold(Somebody.MapToIPv6());
    }

    [Fact]
    public void It_remembers_no_more_places_than_it_has_room_for()
    {
        for (var i = 0; i < 5; i++) ShouldBeTold(Somebody);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 1; i < 10_000; i++) ShouldBeTold(new IPAddress((long)i));

        ShouldBeTold(new IPAddress(20_000L));
        ShouldBeTold(Somebody);
    }

    [Fact]
    public async Task No_more_wait_than_there_is_room_for_whoever_they_are()
    {
        var waiting = new List<Task<bool>>();
        for (var i = 1; i <= 250; i++)
        {
            for (var j = 0; j < 5; j++) ShouldBeTold(new IPAddress((long)i));
            for (var j = 0; j < 5; j++) waiting.Add(_throttle.FailAsync(new IPAddress((long)i)));
        }

        waiting.Count(one => !one.IsCompleted).ShouldBe(1_000);
        _time.Advance(Pause);
        (await Task.WhenAll(waiting)).Count(told => told).ShouldBe(1_000);
    }

    private void ShouldBeTold(IPAddress address)
    {
        var told = _throttle.FailAsync(address);
        told.IsCompleted.ShouldBeTrue();
        told.Result.ShouldBeTrue();
    }
}
