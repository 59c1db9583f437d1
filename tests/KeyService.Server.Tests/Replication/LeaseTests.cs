using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Replication;

public class LeaseTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan Usable = TimeSpan.FromSeconds(27);

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly Lease _lease;
    private readonly Moment _sent;

    public LeaseTests()
    {
        _lease = new Lease(TimeSpan.FromSeconds(30), _time);
        _sent = Moment.Now(_time);
    }

    [Fact]
    public void Without_a_grant_there_is_none()
    {
        _lease.IsLive(_sent).ShouldBeFalse();
        _lease.Left(_sent).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void It_lasts_nine_tenths_of_the_length_in_the_row_and_not_a_tick_longer()
    {
        _lease.Grant(_sent);

        _lease.IsLive(After(Usable - Tick)).ShouldBeTrue();
        _lease.IsLive(After(Usable)).ShouldBeFalse();
        _lease.Length.ShouldBe(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void It_counts_from_the_moment_in_which_the_registration_was_sent_not_from_its_answer()
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        _lease.Grant(_sent);

        _lease.Left(Moment.Now(_time)).ShouldBe(Usable - TimeSpan.FromSeconds(2));
        _lease.IsLive(After(Usable)).ShouldBeFalse();
    }

    [Fact]
    public void A_calendar_clock_that_says_more_time_has_passed_ends_it_alone()
    {
        _lease.Grant(_sent);

        _lease.IsLive(After(TimeSpan.Zero, TimeSpan.FromMinutes(10))).ShouldBeFalse();
        _lease.IsLive(After(TimeSpan.Zero, Usable)).ShouldBeFalse();
        _lease.Left(After(TimeSpan.Zero, TimeSpan.FromMinutes(10))).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Time_stamps_that_say_more_time_has_passed_end_it_alone()
    {
        _lease.Grant(_sent);

        _lease.IsLive(After(TimeSpan.FromMinutes(10), TimeSpan.Zero)).ShouldBeFalse();
        _lease.IsLive(After(Usable, TimeSpan.Zero)).ShouldBeFalse();
        _lease.Left(After(TimeSpan.FromMinutes(10), TimeSpan.Zero)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_calendar_clock_that_was_set_back_does_not_lengthen_it()
    {
        _lease.Grant(_sent);
        var setBack = TimeSpan.FromDays(-1);

        _lease.IsLive(After(Usable - Tick, setBack)).ShouldBeTrue();
        _lease.IsLive(After(Usable, setBack)).ShouldBeFalse();
        _lease.Left(After(TimeSpan.FromSeconds(20), setBack)).ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(5, 3, 22)]
    [InlineData(3, 5, 22)]
    [InlineData(27, 0, 0)]
    [InlineData(0, 27, 0)]
    public void What_is_left_is_by_the_clock_that_says_more_time_has_passed(int byTimestamps, int byCalendar, int left)
    {
        _lease.Grant(_sent);

        _lease.Left(After(TimeSpan.FromSeconds(byTimestamps), TimeSpan.FromSeconds(byCalendar))).ShouldBe(TimeSpan.FromSeconds(left));
    }

    [Fact]
    public void A_later_grant_takes_the_place_of_the_one_before()
    {
        _lease.Grant(_sent);
        _lease.Grant(After(TimeSpan.FromSeconds(10)));

        _lease.IsLive(After(Usable)).ShouldBeTrue();
        _lease.IsLive(After(Usable + TimeSpan.FromSeconds(10))).ShouldBeFalse();
    }

    private Moment After(TimeSpan passed) => After(passed, passed);

    private Moment After(TimeSpan byTimestamps, TimeSpan byCalendar) =>
        new(_sent.Timestamp + (byTimestamps.Ticks * _time.TimestampFrequency / TimeSpan.TicksPerSecond), _sent.Utc + byCalendar);
}
