using KeyService.Server.Lookup;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static KeyService.Server.Lookup.RedisBreaker;

namespace KeyService.Server.Tests.Lookup;

public class RedisBreakerTests
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly RedisBreaker _breaker;

    public RedisBreakerTests() => _breaker = new(Samples.Metrics(_time), _time, NullLogger<RedisBreaker>.Instance);

    [Fact]
    public void While_calls_are_answered_all_are_made()
    {
        for (var i = 0; i < 100; i++) Call(answered: true);
    }

    [Fact]
    public void Three_failures_are_no_outage_and_the_fourth_is()
    {
        for (var i = 0; i < 3; i++) Call(answered: false);
        _breaker.Begin().ShouldBe(Pass.Call);

        _breaker.End(Pass.Call, answered: false);

        _breaker.Begin().ShouldBe(Pass.None);
    }

    [Fact]
    public void Fewer_failures_than_half_are_no_outage()
    {
        for (var i = 0; i < 50; i++)
        {
            Call(answered: true);
            Call(answered: true);
            Call(answered: false);
        }
    }

    [Fact]
    public void What_lies_more_than_a_second_back_does_not_count()
    {
        for (var i = 0; i < 1_000; i++) Call(answered: true);
        _time.Advance(TimeSpan.FromSeconds(1));

        for (var i = 0; i < 4; i++) Call(answered: false);

        _breaker.Begin().ShouldBe(Pass.None);
    }

    [Fact]
    public void After_a_second_one_call_is_made_and_its_answer_lets_the_others_in()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        _breaker.Begin().ShouldBe(Pass.None);
        _time.Advance(TimeSpan.FromTicks(1));

        _breaker.Begin().ShouldBe(Pass.Probe);
        _breaker.Begin().ShouldBe(Pass.None, "one at a time");
        _breaker.End(Pass.Probe, answered: true);

        Call(answered: true);
    }

    [Fact]
    public void When_that_call_fails_nobody_is_let_in_for_another_second()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(1));
        _breaker.Begin().ShouldBe(Pass.Probe);
        _breaker.End(Pass.Probe, answered: false);

        _breaker.Begin().ShouldBe(Pass.None);
        _time.Advance(TimeSpan.FromSeconds(1));
        _breaker.Begin().ShouldBe(Pass.Probe);
    }

    [Fact]
    public void A_late_answer_from_before_the_pause_ends_nothing()
    {
        var late = _breaker.Begin();
        Open();

        _breaker.End(late, answered: true);

        _breaker.Begin().ShouldBe(Pass.None);
    }

    private void Open()
    {
        for (var i = 0; i < 4; i++) Call(answered: false);
    }

    private void Call(bool answered)
    {
        _breaker.Begin().ShouldBe(Pass.Call);
        _breaker.End(Pass.Call, answered);
    }
}
