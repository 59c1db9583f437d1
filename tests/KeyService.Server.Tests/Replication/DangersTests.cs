using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.PropagationRig;

namespace KeyService.Server.Tests.Replication;

/// <summary>Dangers between the parts: a database that went back while something else went on, and waits that meet outages.</summary>
public class DangersTests
{
    private readonly PropagationRig _rig = new();

    [Fact]
    public async Task A_look_without_the_own_row_is_a_change_of_epoch_and_never_complete()
    {
        _rig.Belief.Current.IsRegistered = true;
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync(_rig.Found() with { Rows = [] });

        (await change).Complete.ShouldBeFalse("the rows of replicas with a live lease may be lost with it");
    }

    [Fact]
    public async Task A_ticket_below_one_seen_is_a_change_of_epoch_and_never_complete()
    {
        _rig.Belief.Current.Ticket = Ticket + 50;
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync();

        (await change).Complete.ShouldBeFalse();
    }

    [Fact]
    public async Task An_epoch_that_changed_while_the_replica_started_as_new_for_another_reason_is_noticed()
    {
        var rig = new FeedRig();
        await rig.RunAsync(FeedRig.Answer(5, 11));
        await rig.RunAsync(FeedRig.Answer(6, 20, [.. Enumerable.Range(11, 4).Select(revision => new KeyChange("a", revision))]));
        rig.Incarnations.UnsureFor(TimeSpan.FromSeconds(30), Moment.Now(rig.Time)).ShouldBe(TimeSpan.Zero);
        await rig.RunAsync(FeedRig.Answer(1, 2) with { Epoch = Samples.OtherEpoch });

        rig.Incarnations.UnsureFor(TimeSpan.FromSeconds(30), Moment.Now(rig.Time)).ShouldBe(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_change_committed_in_a_history_that_was_lost_is_never_complete()
    {
        var change = _rig.ChangeAsync(TimeSpan.FromSeconds(60));
        // Acknowledged in the first history; the draw already sees the next, which may not have it.
        await _rig.AnswerAsync(_rig.Found(Row("a")) with { Epoch = Samples.OtherEpoch });
        var hanging = await _rig.Store.Looks.NextAsync();
        _rig.Incarnations.StartAsNew(NewStart.Epoch);
        _rig.Belief.Current.Epoch = Samples.OtherEpoch;
        await _rig.ArmedAsync(TimeSpan.FromSeconds(60) - LookTime);
        _rig.Time.Advance(TimeSpan.FromSeconds(2.9));
        hanging.Answers(_rig.Found(Row("a", beat: 2)) with { Epoch = Samples.OtherEpoch });
        for (var beat = 3; beat < 13; beat++)
        {
            hanging = await _rig.Store.Looks.NextAsync();
            _rig.Time.Advance(TimeSpan.FromSeconds(2.9));
            hanging.Answers(_rig.Found(Row("a", beat: beat)) with { Epoch = Samples.OtherEpoch });
        }

        (await change).Complete.ShouldBeFalse();
    }

    [Fact]
    public async Task A_database_that_went_back_unnoticed_by_the_operator_gets_a_new_epoch_so_that_Redis_is_not_believed()
    {
        var rig = new FeedRig();
        await rig.RunAsync(FeedRig.Answer(100, 111));
        rig.Store.Renewals.ShouldBe(0);

        await rig.RunAsync(FeedRig.Answer(101, 91));

        rig.Store.Renewals.ShouldBe(1);
    }

    [Fact]
    public async Task A_new_epoch_that_could_not_be_written_is_written_before_the_replica_gets_a_lease_again()
    {
        var rig = new FeedRig();
        await rig.RunAsync(FeedRig.Answer(100, 111));
        rig.Store.OnRenew = () => throw new TimeoutException();
        await Should.ThrowAsync<TimeoutException>(() => rig.RunAsync(FeedRig.Answer(101, 91)));

        await Should.ThrowAsync<TimeoutException>(() => rig.Cycle.RunAsync(asked: false, CancellationToken.None));
        rig.IsLive.ShouldBeFalse();

        rig.Store.OnRenew = () => Task.CompletedTask;
        await rig.RunAsync(FeedRig.Answer(102, 91));
        (rig.Store.Renewals, rig.IsLive).ShouldBe((1, true));
    }

    [Fact]
    public async Task A_change_whose_floor_a_read_raised_first_is_reported_by_the_cycle_that_reads_it()
    {
        var rig = new FeedRig();
        await rig.RunAsync(FeedRig.Answer(5, 11));
        rig.Current.Floors.Raise("a", 11);
        await rig.RunAsync(FeedRig.Answer(6, 12, new KeyChange("a", 11)));

        rig.Store.Reports.ShouldHaveSingleItem("step 6: when rows were read").Ticket.ShouldBe(6);
    }

    [Fact]
    public async Task The_answer_comes_before_the_caller_s_deadline_though_the_table_does_not_answer()
    {
        var change = _rig.ChangeAsync(deadline: Samples.Now.UtcDateTime.AddMilliseconds(300));
        await _rig.Store.Looks.NextAsync();
        TimeSpan[] timers = [await _rig.Time.NextTimerAsync(), await _rig.Time.NextTimerAsync()];

        timers.Min().ShouldBeLessThan(TimeSpan.FromMilliseconds(300));
        change.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_that_may_wait_longer_than_the_doubt_lasts_waits_for_its_end()
    {
        _rig.Incarnations.StartAsNew(NewStart.Epoch);
        _rig.Belief.Current.Epoch = Samples.Epoch;
        _rig.Time.Advance(TimeSpan.FromSeconds(28.5));
        var change = _rig.ChangeAsync();
        await _rig.AnswerAsync();
        var next = _rig.Store.Looks.NextAsync();
        (await Task.WhenAny(change, next)).ShouldBeSameAs(next, "PENDING at once, with 1.5 s of doubt and 2 s of patience");
        var look = await next;
        _rig.Time.Advance(TimeSpan.FromSeconds(1.5));
        look.Answers(_rig.Found());

        (await change).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_asks_for_a_run_on_a_store_that_answers_at_once_does_not_run_those_of_all_who_ask_later()
    {
        var count = 0;
        SharedRuns<int>? runs = null;
        runs = new SharedRuns<int>(
            () =>
            {
                // Others ask meanwhile.
                if (++count < 1_000) _ = runs!.NextAsync();
                return Task.FromResult(count);
            },
            TimeSpan.Zero, _rig.Time);

        var first = runs.NextAsync();
        Volatile.Read(ref count).ShouldBeLessThan(1_000, "the caller's thread was held for all of them");
        (await first).ShouldBe(1);
    }

    [Fact]
    public async Task After_an_outage_of_the_database_the_first_look_reaps_nobody()
    {
        var table = new ReplicaTable(_rig.Store, _rig.Clock, _rig.Time);
        await LooksAsync(Row("a"));
        // Nobody could beat, and nobody could look.
        _rig.Time.Advance(TimeSpan.FromSeconds(40));
        var reap = table.ReapAsync(CancellationToken.None);
        await _rig.AnswerAsync(Row("a"));

        (await reap).ShouldBe(0, "seen standing still by one look alone");

        async Task LooksAsync(params ReplicaRow[] rows)
        {
            var look = table.LookAsync();
            await _rig.AnswerAsync(rows);
            await look;
        }
    }
}
