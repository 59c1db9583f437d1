using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

public class FeedCycleTests
{
    private readonly FeedRig _rig = new();

    [Fact]
    public async Task A_cycle_registers_then_draws_its_ticket_then_the_watermark_then_reads_the_changes() =>
        (await _rig.RunAsync(FeedRig.Answer(5, 11))).Steps
            .ShouldBe([FeedStep.Register, FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges]);

    [Fact]
    public async Task It_registers_once_a_second_and_grants_a_lease_only_then()
    {
        await _rig.RunAsync(FeedRig.Answer(5, 11));
        _rig.IsLive.ShouldBeTrue();
        _rig.Time.Advance(TimeSpan.FromMilliseconds(999));
        var between = await _rig.RunAsync(FeedRig.Answer(6, 11));
        between.Steps.ShouldBe([FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges]);

        _rig.Current.Lease.Left(Moment.Now(_rig.Time)).ShouldBe(TimeSpan.FromSeconds(27 - 0.999));
        _rig.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await _rig.RunAsync(FeedRig.Answer(7, 11))).Steps[0].ShouldBe(FeedStep.Register);
        _rig.Current.Lease.Left(Moment.Now(_rig.Time)).ShouldBe(TimeSpan.FromSeconds(27));
    }

    [Fact]
    public async Task The_lease_counts_from_before_the_cycle_was_sent()
    {
        var run = _rig.Cycle.RunAsync(asked: false, CancellationToken.None);
        var pending = await _rig.Store.Cycles.NextAsync();
        _rig.Time.Advance(TimeSpan.FromSeconds(2));
        pending.Answers(FeedRig.Answer(5, 11));
        await run;

        _rig.Current.Lease.Left(Moment.Now(_rig.Time)).ShouldBe(TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_bound_grants_and_applies_nothing()
    {
        var replica = _rig.Current;
        var run = _rig.Cycle.RunAsync(asked: false, CancellationToken.None);
        var pending = await _rig.Store.Cycles.NextAsync();
        _rig.Time.Advance(FeedCycle.Bound);
        await Should.ThrowAsync<TimeoutException>(run);
        pending.Answers(FeedRig.Answer(5, 11, new KeyChange("a", 10)));

        replica.Lease.IsLive(Moment.Now(_rig.Time)).ShouldBeFalse();
        (replica.Ticket, replica.Horizon, replica.Floors.Count, replica.Epoch).ShouldBe((0, Incarnation.NoHorizon, 0, null));
    }

    [Fact]
    public async Task Failing_cycles_keep_the_lease_until_it_ends()
    {
        await _rig.RunAsync(FeedRig.Answer(5, 11));
        var replica = _rig.Current;
        _rig.Time.Advance(TimeSpan.FromSeconds(26));
        await _rig.FailAsync();

        _rig.Current.ShouldBeSameAs(replica);
        _rig.Belief.IsStanding(Moment.Now(_rig.Time)).ShouldBeTrue();
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        _rig.Belief.IsStanding(Moment.Now(_rig.Time)).ShouldBeFalse();
        replica.Floors.HasBase.ShouldBeTrue("with the next lease it is all believed again");
    }

    [Fact]
    public async Task The_first_cycle_reads_no_changes_and_each_later_one_those_above_the_horizon()
    {
        (await _rig.RunAsync(FeedRig.Answer(5, 11))).Request.Horizon.ShouldBe(long.MaxValue);
        var second = await _rig.RunAsync(FeedRig.Answer(6, 12, new KeyChange("a", 11)));

        second.Request.Horizon.ShouldBe(10);
        second.Request.MaxChanges.ShouldBe(3);
        (await _rig.RunAsync(FeedRig.Answer(7, 12))).Request.Horizon.ShouldBe(11);
    }

    [Fact]
    public async Task Changes_raise_floors_those_above_the_watermark_too()
    {
        await _rig.RunAsync(FeedRig.Answer(5, 11));
        await _rig.RunAsync(FeedRig.Answer(6, 12, new KeyChange("a", 11), new KeyChange("b", 15)));

        _rig.Current.Floors.Allows("a", 10, horizon: 11).ShouldBeFalse();
        _rig.Current.Floors.Allows("b", 14, horizon: 14).ShouldBeFalse();
        _rig.Current.Horizon.ShouldBe(11);
        _rig.Current.Ticket.ShouldBe(6);
    }

    [Fact]
    public async Task The_horizon_is_never_above_a_watermark_that_has_not_settled()
    {
        var rig = new FeedRig(settleTime: TimeSpan.FromSeconds(5));
        (await rig.RunAsync(FeedRig.Answer(5, 11))).Request.Horizon.ShouldBe(long.MaxValue);
        foreach (var second in new[] { 2, 2, 0.9 })
        {
            rig.Time.Advance(TimeSpan.FromSeconds(second));
            await rig.RunAsync(FeedRig.Answer(6, 21));
        }

        (rig.Current.Horizon, rig.Current.Floors.HasBase).ShouldBe((Incarnation.NoHorizon, false));
        rig.IsLive.ShouldBeTrue("and yet nothing is believed");
        rig.Belief.IsStanding(Moment.Now(rig.Time)).ShouldBeFalse();

        rig.Time.Advance(TimeSpan.FromSeconds(0.1));
        var settled = await rig.RunAsync(FeedRig.Answer(7, 31, new KeyChange("a", 11), new KeyChange("b", 20)));
        settled.Request.Horizon.ShouldBe(10, "the first horizon's changes are read in the cycle that sets it");
        rig.Current.Horizon.ShouldBe(10);
        rig.Current.Floors.Allows("a", 10, horizon: 10).ShouldBeFalse();
        rig.Belief.IsStanding(Moment.Now(rig.Time)).ShouldBeTrue();

        (await rig.RunAsync(FeedRig.Answer(8, 31))).Request.Horizon.ShouldBe(10);
    }

    [Fact]
    public async Task More_floors_than_its_capacity_raise_the_base_to_the_horizon()
    {
        var rig = new FeedRig(floorCapacity: 1);
        await rig.RunAsync(FeedRig.Answer(5, 11));
        await rig.RunAsync(FeedRig.Answer(6, 12, new KeyChange("a", 11)));
        rig.Current.Floors.Allows("other", 1, horizon: 10).ShouldBeTrue();
        await rig.RunAsync(FeedRig.Answer(7, 13, new KeyChange("b", 12)));

        rig.Current.Floors.Count.ShouldBe(0);
        rig.Current.Floors.Allows("other", 1, horizon: 11).ShouldBeFalse();
        rig.Current.Floors.Allows("other", 1, horizon: 12).ShouldBeTrue();
    }

    [Fact]
    public async Task It_reports_only_when_there_was_news_or_somebody_asked()
    {
        var rig = new FeedRig(settleTime: TimeSpan.FromSeconds(5));
        await rig.RunAsync(FeedRig.Answer(5, 11));
        rig.Store.Reports.ShouldBeEmpty("the next registration carries the ticket");

        await rig.RunAsync(FeedRig.Answer(6, 11, new KeyChange("a", 10)));
        rig.Store.Reports.ShouldHaveSingleItem().ShouldBe((rig.Current.ReplicaId, 6, Incarnation.NoHorizon));
        await rig.RunAsync(FeedRig.Answer(7, 11, new KeyChange("a", 10)));
        rig.Store.Reports.Count.ShouldBe(1, "what is read again is no news");
        await rig.RunAsync(FeedRig.Answer(8, 11, new KeyChange("a", 10)), asked: true);
        rig.Store.Reports.Last().Ticket.ShouldBe(8);

        rig.Time.Advance(TimeSpan.FromSeconds(1));
        (await rig.RunAsync(FeedRig.Answer(9, 11))).Request.Own.Ticket.ShouldBe(8);
    }

    [Fact]
    public async Task A_report_that_fails_takes_back_neither_floors_nor_lease()
    {
        _rig.Store.OnReport = () => Task.FromException(new StoreUnavailableException());
        var run = _rig.Cycle.RunAsync(asked: true, CancellationToken.None);
        (await _rig.Store.Cycles.NextAsync()).Answers(FeedRig.Answer(5, 11));

        await Should.ThrowAsync<StoreUnavailableException>(run);
        _rig.IsLive.ShouldBeTrue();
        _rig.Current.Ticket.ShouldBe(5);
    }
}
