using KeyService.Server.Storage;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;
using static KeyService.Server.Tests.Fakes.PropagationRig;

namespace KeyService.Server.Tests.Replication;

public class PropagationTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);
    private static readonly DateTimeOffset DatabaseTime = Samples.Now.AddHours(1);

    /// <summary>The database's clock may show whole milliseconds.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly PropagationRig _rig = new();

    [Fact]
    public void Before_anything_is_awaited_the_own_process_answers_nothing_older_and_the_others_are_nudged()
    {
        var change = _rig.ChangeAsync();

        change.IsCompleted.ShouldBeFalse();
        _rig.Belief.Current.Floors.Allows(PinnedKey.KeyId, 6, horizon: 6).ShouldBeFalse();
        Nudges.TryRead(_rig.Channel.Sent.ShouldHaveSingleItem(), Samples.MasterKeys, out var epochId, out var keyId, out var revision).ShouldBeTrue();
        (epochId, keyId, revision).ShouldBe((Samples.Epoch.Id, PinnedKey.KeyId, 7));
    }

    [Fact]
    public void Who_is_nudged_finds_the_changed_key_in_Redis()
    {
        _rig.Shared.Keeps = true;

        _ = _rig.ChangeAsync();

        var value = _rig.Shared.Values[LookupRig.Digest];
        CachedKeyFormat.Read(value, LookupRig.Digest, _rig.Belief.Current, Samples.MasterKeys).ShouldNotBeNull().Revision.ShouldBe(7);
        _rig.Channel.Sent.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Alone_it_is_complete_once_a_ticket_was_drawn()
    {
        var change = _rig.ChangeAsync();
        (await Draws()).ShouldBeTrue();

        (await change).ShouldSatisfyAllConditions(
            report => report.Complete.ShouldBeTrue(),
            report => report.Revision.ShouldBe(7),
            report => report.EffectiveTime.ShouldBe(DatabaseTime + Tick),
            report => (report.ReplicasConfirmed, report.ReplicasPending).ShouldBe((1, 0)),
            report => ConsistencyToken.Open(report.ConsistencyToken, Samples.MasterKeys).ShouldBe((Ticket, Samples.Epoch.Id)));

        async Task<bool> Draws()
        {
            var pending = await _rig.Store.Looks.NextAsync();
            pending.Answers(_rig.Found());
            return pending.Call;
        }
    }

    [Fact]
    public async Task It_is_complete_when_every_other_row_found_has_reached_the_ticket_or_is_gone()
    {
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a"), Row("b"));
        await _rig.AnswerAsync(Row("a", Ticket), Row("b"), Row("later"));
        await _rig.AnswerAsync(Row("a", Ticket), Row("b", Ticket - 1), Row("later"));
        change.IsCompleted.ShouldBeFalse();
        await _rig.AnswerAsync(Row("a", Ticket), Row("later"));

        var report = await change;
        (report.Complete, report.ReplicasConfirmed, report.ReplicasPending).ShouldBe((true, 2, 0));
    }

    [Fact]
    public async Task A_call_that_changes_nothing_draws_a_ticket_and_waits_all_the_same()
    {
        var first = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a", Ticket));
        (await first).Complete.ShouldBeTrue();

        var again = _rig.ChangeAsync();
        await _rig.AnswerAsync(_rig.Found(Row("a", Ticket)) with { Ticket = Ticket + 1 });
        await _rig.AnswerAsync(Row("a", Ticket));
        again.IsCompleted.ShouldBeFalse();
        await _rig.AnswerAsync(Row("a", Ticket + 1));
        (await again).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task After_the_wait_it_is_pending_says_how_many_are_missing_and_when_it_holds()
    {
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a"), Row("b", lease: 60), Row("c", Ticket));
        await _rig.ArmedAsync(Wait - LookTime);
        _rig.Time.Advance(Wait - LookTime - TimeSpan.FromTicks(1));
        change.IsCompleted.ShouldBeFalse();
        _rig.Time.Advance(TimeSpan.FromTicks(1));
        await _rig.ArmedAsync(TimeSpan.FromMilliseconds(20));
        _rig.Time.Advance(TimeSpan.FromMilliseconds(20));
        var report = await change;

        (report.Complete, report.ReplicasConfirmed, report.ReplicasPending).ShouldBe((false, 2, 2));
        report.EffectiveTime.ShouldBe(DatabaseTime + TimeSpan.FromSeconds(60 + 1));
        report.ConsistencyToken.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(5_000, null, 5_000)]
    [InlineData(5_000, 2_000, 1_600)]
    [InlineData(null, 1_000, 800)]
    [InlineData(null, 60_000, 2_000)]
    [InlineData(500, 60_000, 500)]
    public async Task It_waits_as_long_as_it_is_told_and_within_four_fifths_of_the_caller_s_time(int? asked, int? deadline, int expected)
    {
        var change = _rig.ChangeAsync(
            asked is { } wait ? TimeSpan.FromMilliseconds(wait) : null, deadline is { } left ? Samples.Now.UtcDateTime.AddMilliseconds(left) : null);
        await _rig.AnswerAsync(Row("a"));
        await _rig.ArmedAsync(TimeSpan.FromMilliseconds(expected) - LookTime);
    }

    [Fact]
    public async Task A_wait_of_nothing_is_answered_after_the_first_look()
    {
        var pending = _rig.ChangeAsync(TimeSpan.Zero);
        await _rig.AnswerAsync(Row("a"));
        (await pending).ReplicasPending.ShouldBe(1);

        var complete = _rig.ChangeAsync(TimeSpan.Zero);
        await _rig.AnswerAsync(Row("a", Ticket));
        (await complete).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_pending_at_once_when_each_one_missing_has_stood_still_for_five_seconds()
    {
        await WatchForFiveSecondsAsync(Row("a"), Row("b"));

        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("a"), Row("b"));
        var report = await change;

        (report.Complete, report.ReplicasPending).ShouldBe((false, 2));
    }

    [Fact]
    public async Task One_that_still_beats_is_waited_for_beside_one_that_does_not()
    {
        await WatchForFiveSecondsAsync(Row("dead"), Row("a"));

        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(Row("dead"), Row("a", beat: 2));
        await _rig.AnswerAsync(Row("dead"), Row("a", Ticket, beat: 2));
        var report = await change;

        (report.Complete, report.ReplicasConfirmed, report.ReplicasPending).ShouldBe((false, 2, 1));
    }

    /// <summary>With a look often enough to see every beat.</summary>
    private async Task WatchForFiveSecondsAsync(params ReplicaRow[] rows)
    {
        for (var i = 0; i < 2; i++)
        {
            var change = _rig.ChangeAsync(TimeSpan.Zero);
            await _rig.AnswerAsync(rows);
            await change;
            _rig.Time.Advance(TimeSpan.FromSeconds(2.5));
        }
    }
}
