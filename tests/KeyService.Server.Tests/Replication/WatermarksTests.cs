using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Replication;

public class WatermarksTests
{
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly Watermarks _watermarks;
    private long _last;

    public WatermarksTests() => _watermarks = new Watermarks(SettleTime, _time);

    [Fact]
    public void Before_the_first_has_settled_there_is_no_horizon()
    {
        Settled().ShouldBe(Incarnation.NoHorizon);
        Add(100);
        Pass(SettleTime - Tick);

        Settled().ShouldBe(Incarnation.NoHorizon);
    }

    [Fact]
    public void Once_it_is_as_old_as_the_settle_time_everything_below_it_is_certain()
    {
        Add(100);
        Pass(SettleTime);

        Settled().ShouldBe(99);
    }

    [Fact]
    public void Each_settles_by_its_own_age()
    {
        Add(100);
        Pass(TimeSpan.FromSeconds(1));
        Add(110);
        Pass(SettleTime - TimeSpan.FromSeconds(1));
        Settled().ShouldBe(99);

        Pass(TimeSpan.FromSeconds(1));
        Settled().ShouldBe(109);
    }

    [Fact]
    public void Behind_a_pause_of_more_than_half_the_settle_time_nothing_from_before_it_settles()
    {
        Add(100);
        _time.Advance(SettleTime / 2);
        Add(110).ShouldBeTrue();
        _time.Advance((SettleTime / 2) + Tick);
        Add(120).ShouldBeFalse();
        Settled().ShouldBe(Incarnation.NoHorizon);

        Pass(SettleTime);
        Settled().ShouldBe(119);
    }

    [Fact]
    public void A_lower_one_lets_all_settle_anew()
    {
        Add(100);
        Add(110).ShouldBeTrue();
        Add(105).ShouldBeFalse();
        Pass(SettleTime - Tick);
        Settled().ShouldBe(Incarnation.NoHorizon);
        Pass(Tick);

        Settled().ShouldBe(104);
    }

    [Fact]
    public void An_open_transaction_has_held_it_back_since_it_last_rose_if_anything_above_it_was_committed()
    {
        Add(100);
        _time.Advance(TimeSpan.FromSeconds(3));
        Add(100);

        _watermarks.Age(changesAbove: true, Moment.Now(_time)).ShouldBe(TimeSpan.FromSeconds(3));
        _watermarks.Age(changesAbove: false, Moment.Now(_time)).ShouldBe(TimeSpan.Zero);
        Add(101);
        _watermarks.Age(changesAbove: true, Moment.Now(_time)).ShouldBe(TimeSpan.Zero);
    }

    private bool Add(long watermark)
    {
        _last = watermark;
        return _watermarks.Add(watermark, Moment.Now(_time));
    }

    /// <summary>With a cycle a second, which finds the same.</summary>
    private void Pass(TimeSpan span)
    {
        for (; span > TimeSpan.FromSeconds(1); span -= TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Add(_last);
        }

        _time.Advance(span);
    }

    private long Settled() => _watermarks.Settled(Moment.Now(_time));
}
