using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.PropagationRig;

namespace KeyService.Server.Tests.Replication;

/// <summary>When it is not known who answers from memory: never COMPLETE, and the time from which the change holds is late enough.</summary>
public class PropagationDoubtTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly PropagationRig _rig = new();

    [Fact]
    public async Task A_table_that_cannot_be_read_is_pending_until_the_longest_lease_allowed_has_passed()
    {
        var change = _rig.ChangeAsync();
        (await _rig.Store.Looks.NextAsync()).Fails(new StoreUnavailableException());
        var report = await change;

        (report.Complete, report.ReplicasConfirmed, report.ReplicasPending, report.ConsistencyToken).ShouldBe((false, 0, 1, ""));
        report.EffectiveTime.ShouldBe(Samples.Now + TimeSpan.FromMinutes(10) + Margin);
    }

    [Fact]
    public async Task Then_the_time_goes_by_the_database_s_clock_as_last_seen_for_this_process_s_own_may_be_far_behind()
    {
        var earlier = _rig.ChangeAsync();
        await _rig.AnswerAsync();
        await earlier;
        var change = _rig.ChangeAsync();
        (await _rig.Store.Looks.NextAsync()).Fails(new StoreUnavailableException());

        (await change).EffectiveTime.ShouldBeGreaterThanOrEqualTo(Samples.Now.AddHours(1) + TimeSpan.FromMinutes(10) + Margin);
    }

    [Fact]
    public async Task A_table_that_does_not_answer_is_given_up_after_the_wait()
    {
        var change = _rig.ChangeAsync();
        await _rig.Store.Looks.NextAsync();
        _rig.Time.Advance(TimeSpan.FromSeconds(2));

        var report = await change;
        (report.Complete, report.EffectiveTime).ShouldBe((false, Samples.Now.AddSeconds(2) + TimeSpan.FromMinutes(10) + Margin));
    }

    [Theory]
    [InlineData(NewStart.Epoch)]
    [InlineData(NewStart.WentBack)]
    [InlineData(NewStart.RowMissing)]
    public async Task For_one_lease_after_the_database_may_have_gone_back_nothing_is_complete(object reason)
    {
        StartAsNew((NewStart)reason);
        _rig.Time.Advance(TimeSpan.FromSeconds(20));
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync();
        var report = await change;
        (report.Complete, report.ReplicasPending).ShouldBe((false, 1));
        report.EffectiveTime.ShouldBeGreaterThanOrEqualTo(Samples.Now.AddHours(1) + Lease, "what was lost may be believed until then");

        _rig.Time.Advance(TimeSpan.FromSeconds(10));
        var later = _rig.ChangeAsync();
        await _rig.AnswerAsync();
        (await later).Complete.ShouldBeTrue();
    }

    /// <summary>A replica that was suspended has lost its row, and changes a key at once: at 30 s that is 61 s, and never more.</summary>
    [Fact]
    public async Task The_effective_time_is_at_most_two_leases_and_a_second_ahead_while_the_table_can_be_read()
    {
        StartAsNew(NewStart.RowMissing);
        var change = _rig.ChangeAsync(wait: TimeSpan.Zero);
        await _rig.AnswerAsync(Row("a"));

        var ahead = (await change).EffectiveTime - Samples.Now.AddHours(1);

        ahead.ShouldBeInRange(Lease + Margin, (2 * Lease) + Margin);
        ahead.ShouldBeGreaterThan((2 * Lease) + Margin - TimeSpan.FromSeconds(1), "so long it may be");
    }

    [Theory]
    [InlineData(NewStart.TooManyChanges)]
    [InlineData(NewStart.RegistrationLost)]
    public async Task A_start_as_new_for_any_other_reason_is_no_doubt(object reason)
    {
        StartAsNew((NewStart)reason);
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync();

        (await change).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task A_longer_lease_of_a_row_found_prolongs_the_doubt()
    {
        StartAsNew(NewStart.Epoch);
        _rig.Time.Advance(Lease);
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a", Ticket, lease: 60));

        (await change).Complete.ShouldBeFalse();
    }

    [Fact]
    public async Task Another_epoch_than_the_feed_knows_is_never_complete()
    {
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(_rig.Found() with { Epoch = Samples.OtherEpoch });

        (await change).Complete.ShouldBeFalse();
    }

    [Fact]
    public async Task For_one_lease_after_a_renewal_nothing_is_complete_by_the_database_s_clock()
    {
        var renewed = _rig.Found().DatabaseTime;
        _rig.Belief.Current.Epoch = Samples.Epoch with { RenewTime = renewed };
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(_rig.Found() with { Epoch = _rig.Belief.Current.Epoch, DatabaseTime = renewed + Lease - TimeSpan.FromSeconds(5) });
        var report = await change;
        report.Complete.ShouldBeFalse();
        report.EffectiveTime.ShouldBeGreaterThanOrEqualTo(renewed + Lease);

        var later = _rig.ChangeAsync();
        await _rig.AnswerAsync(_rig.Found() with { Epoch = _rig.Belief.Current.Epoch, DatabaseTime = renewed + Lease });
        (await later).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task For_the_longest_lease_ever_seen_after_a_renewal_nothing_is_complete()
    {
        // One with a longer lease was there, and the renewal has taken its row away: it may still be at work.
        var before = _rig.ChangeAsync(wait: TimeSpan.Zero);
        await _rig.AnswerAsync(Row("a", lease: 600));
        (await before).Complete.ShouldBeFalse();
        var renewed = _rig.Found().DatabaseTime;
        _rig.Belief.Current.Epoch = Samples.Epoch with { RenewTime = renewed };

        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(_rig.Found() with { Epoch = _rig.Belief.Current.Epoch, DatabaseTime = renewed + Lease });

        (await change).Complete.ShouldBeFalse();
    }

    /// <summary>Between the change and the look the replica started as new: its old row is somebody else's until it is gone.</summary>
    [Fact]
    public async Task The_own_row_under_the_name_before_is_waited_for()
    {
        var before = _rig.Belief.Current.ReplicaId;
        var change = _rig.ChangeAsync();
        var draw = await _rig.Store.Looks.NextAsync();
        StartAsNew(NewStart.TooManyChanges);
        _rig.Time.Advance(LookTime);
        draw.Answers(_rig.Found(Row(before)));
        await _rig.AnswerAsync(Row(before));
        change.IsCompleted.ShouldBeFalse();
        await _rig.AnswerAsync();

        (await change).Complete.ShouldBeTrue();
    }

    private void StartAsNew(NewStart reason)
    {
        _rig.Incarnations.StartAsNew(reason);
        _rig.Belief.Current.Epoch = Samples.Epoch;
    }
}
