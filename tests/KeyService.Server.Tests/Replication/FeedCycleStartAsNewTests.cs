using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

/// <summary>When nothing that was known before may be believed any more.</summary>
public class FeedCycleStartAsNewTests
{
    private static readonly FeedAnswer First = FeedRig.Answer(5, 11);

    private readonly FeedRig _rig = new();

    [Fact]
    public Task More_changes_than_a_cycle_reads() => StartsAsNewAsync(
        FeedRig.Answer(6, 20, [.. Enumerable.Range(11, 4).Select(revision => new KeyChange("a", revision))]), unsure: false);

    [Fact]
    public Task Another_epoch() => StartsAsNewAsync(FeedRig.Answer(6, 20) with { Epoch = Samples.OtherEpoch }, unsure: true);

    [Fact]
    public Task An_epoch_that_was_renewed_once_more() =>
        StartsAsNewAsync(FeedRig.Answer(6, 20) with { Epoch = Samples.Epoch with { RenewTime = Samples.Now } }, unsure: true);

    [Fact]
    public Task A_ticket_lower_than_one_before() => StartsAsNewAsync(FeedRig.Answer(4, 20), unsure: true);

    [Fact]
    public Task A_watermark_lower_than_one_before() => StartsAsNewAsync(FeedRig.Answer(6, 10), unsure: true);

    [Fact]
    public async Task An_own_row_that_is_missing()
    {
        await _rig.RunAsync(First);
        _rig.Time.Advance(FeedCycle.RegisterInterval);

        await IsStartedAsNewAsync(FeedRig.Answer(6, 20) with { Registered = false }, unsure: true);
    }

    [Fact]
    public async Task A_cycle_that_did_not_register_says_nothing_of_the_own_row()
    {
        await _rig.RunAsync(First);
        var replica = _rig.Current;
        await _rig.RunAsync(FeedRig.Answer(6, 20) with { Registered = false });

        _rig.Current.ShouldBeSameAs(replica);
    }

    [Fact]
    public async Task What_may_stay_the_same_is_no_reason()
    {
        await _rig.RunAsync(First);
        var replica = _rig.Current;
        await _rig.RunAsync(First);

        _rig.Current.ShouldBeSameAs(replica);
    }

    [Fact]
    public async Task A_row_that_cannot_be_removed_is_left_to_be_reaped()
    {
        await _rig.RunAsync(First);
        _rig.Store.OnRemove = () => Task.FromException<bool>(new StoreUnavailableException());

        await IsStartedAsNewAsync(FeedRig.Answer(4, 20), unsure: true);
    }

    [Fact]
    public async Task A_first_registration_whose_answer_was_lost_gets_another_name()
    {
        var first = (await _rig.FailAsync()).Request.Own;
        var second = (await _rig.RunAsync(First)).Request.Own;

        second.ReplicaId.ShouldNotBe(first.ReplicaId);
        (second.BeatKnown, second.BeatSent).ShouldBe((0, 0));
        _rig.Incarnations.UnsureFor(ReplicaOptions.LongestLease, Moment.Now(_rig.Time)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_later_registration_whose_answer_was_lost_is_sent_again_at_once_under_the_same_name()
    {
        var first = (await _rig.RunAsync(First)).Request.Own;
        _rig.Time.Advance(FeedCycle.RegisterInterval);
        await _rig.FailAsync();
        var (steps, request) = await _rig.RunAsync(FeedRig.Answer(6, 20));

        steps[0].ShouldBe(FeedStep.Register);
        (request.Own.ReplicaId, request.Own.BeatKnown, request.Own.BeatSent).ShouldBe((first.ReplicaId, 1, 2));
    }

    /// <summary>It registered before, so the old name would vouch for what the new one has not read.</summary>
    [Fact]
    public async Task The_next_cycle_registers_the_new_name_and_begins_without_horizon_ticket_and_floors()
    {
        await _rig.RunAsync(First);
        await _rig.RunAsync(FeedRig.Answer(4, 20));
        var (steps, request) = await _rig.RunAsync(FeedRig.Answer(4, 20));

        steps[0].ShouldBe(FeedStep.Register);
        request.Horizon.ShouldBe(long.MaxValue);
        (request.Own.BeatKnown, request.Own.Ticket, request.Own.Horizon).ShouldBe((0, 0, Incarnation.NoHorizon));
        _rig.Belief.IsStanding(Moment.Now(_rig.Time)).ShouldBeTrue();
    }

    private async Task StartsAsNewAsync(FeedAnswer answer, bool unsure)
    {
        await _rig.RunAsync(First);
        await IsStartedAsNewAsync(answer, unsure);
    }

    private async Task IsStartedAsNewAsync(FeedAnswer answer, bool unsure)
    {
        var before = _rig.Current;
        var mark = _rig.Belief.Mark();
        await _rig.RunAsync(answer, asked: true);

        _rig.Current.ReplicaId.ShouldNotBe(before.ReplicaId);
        _rig.IsLive.ShouldBeFalse();
        (_rig.Current.Floors.HasBase, _rig.Current.Floors.Count, _rig.Current.Ticket, _rig.Current.Epoch).ShouldBe((false, 0, 0, null));
        var believedAt = Belief.Never;
        _rig.Belief.Doubts("a"u8, long.MaxValue, mark, ref believedAt, Moment.Now(_rig.Time)).ShouldBe(Disbelief.StartedAsNew);

        before.Ticket.ShouldBe(5, "what came with the answer was not applied");
        _rig.Store.Removals.ShouldHaveSingleItem().ShouldBe((before.ReplicaId, null));
        _rig.Store.Reports.ShouldBeEmpty();
        _rig.Incarnations.UnsureFor(TimeSpan.FromSeconds(30), Moment.Now(_rig.Time)).ShouldBe(unsure ? TimeSpan.FromSeconds(30) : TimeSpan.Zero);
        _rig.Time.Advance(TimeSpan.FromSeconds(20));
        _rig.Incarnations.UnsureFor(TimeSpan.FromSeconds(30), Moment.Now(_rig.Time)).ShouldBe(unsure ? TimeSpan.FromSeconds(10) : TimeSpan.Zero);
    }
}
