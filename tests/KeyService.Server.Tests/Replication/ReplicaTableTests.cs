using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

public class ReplicaTableTests
{
    private readonly TimerWatch _time = new(Samples.Now);
    private readonly FakeReplicationStore _store = new();
    private readonly ReplicaTable _table;

    public ReplicaTableTests() => _table = new ReplicaTable(_store, new DatabaseClock(_time), _time);

    [Fact]
    public async Task A_look_begins_after_it_was_asked_for_and_is_shared()
    {
        var first = _table.LookAsync();
        var begun = await _store.Looks.NextAsync();
        begun.Call.ShouldBeFalse("no ticket is drawn for it");
        var others = Enumerable.Range(0, 10).Select(_ => _table.LookAsync()).ToList();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        begun.Answers(Found(Row("a", beat: 1)));
        (await first).Rows.ShouldHaveSingleItem().Row.Beat.ShouldBe(1);
        (await _store.Looks.NextAsync()).Answers(Found(Row("a", beat: 2)));

        (await Task.WhenAll(others)).ShouldAllBe(look => look.Rows[0].Row.Beat == 2);
        _store.Looks.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Who_needs_a_ticket_gets_one_drawn_after_they_asked()
    {
        var first = _table.DrawAndLookAsync();
        var begun = await _store.Looks.NextAsync();
        begun.Call.ShouldBeTrue();
        var second = _table.DrawAndLookAsync();
        begun.Answers(Found() with { Ticket = 7 });
        (await _store.Looks.NextAsync()).Answers(Found() with { Ticket = 8 });

        ((await first).Ticket, (await second).Ticket).ShouldBe((7, 8));
    }

    [Fact]
    public async Task A_look_that_hangs_is_given_up_and_the_next_begins()
    {
        var first = _table.LookAsync();
        await _store.Looks.NextAsync();
        var second = _table.LookAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        await Should.ThrowAsync<TimeoutException>(first);

        (await _store.Looks.NextAsync()).Answers(Found());
        (await second).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_beat_stands_still_by_this_process_s_own_clock_whatever_the_database_s_says()
    {
        await LookAsync(Row("a", beat: 1));
        _time.Advance(TimeSpan.FromSeconds(2.5));
        var look = LookAsync(Found(Row("a", beat: 1), Row("b", beat: 1)) with { DatabaseTime = Samples.Now.AddYears(1) });

        Stills(await look).ShouldBe([("a", TimeSpan.FromMilliseconds(2_510)), ("b", TimeSpan.Zero)]);
    }

    [Fact]
    public async Task A_new_beat_or_a_row_that_was_gone_counts_from_the_beginning()
    {
        await LookAsync(Row("a", beat: 1), Row("b", beat: 1));
        _time.Advance(TimeSpan.FromSeconds(4));
        await LookAsync(Row("a", beat: 2));
        _time.Advance(TimeSpan.FromSeconds(1));

        Stills(await LookAsync(Row("a", beat: 2), Row("b", beat: 1))).ShouldBe([("a", TimeSpan.FromSeconds(1.01)), ("b", TimeSpan.Zero)]);
    }

    [Fact]
    public async Task A_row_is_reaped_after_more_than_one_and_a_tenth_of_its_lease_with_the_beat_that_stood_still()
    {
        await LookAsync(Row("a", beat: 7, lease: 10), Row("b", beat: 9, lease: 30));
        for (var i = 0; i < 4; i++)
        {
            // A look makes way for the next after 10 ms.
            _time.Advance(TimeSpan.FromSeconds(2.73));
            await LookAsync(Row("a", beat: 7, lease: 10), Row("b", beat: 9, lease: 30));
        }

        _time.Advance(TimeSpan.FromMilliseconds(30));
        (await ReapAsync(Row("a", beat: 7, lease: 10), Row("b", beat: 9, lease: 30))).ShouldBe(0);
        _store.Removals.ShouldBeEmpty("it stood still for just as long");

        (await ReapAsync(Row("a", beat: 7, lease: 10), Row("b", beat: 9, lease: 30))).ShouldBe(1);
        _store.Removals.ShouldHaveSingleItem().ShouldBe(("a", 7));
    }

    [Fact]
    public async Task A_row_that_beat_in_the_last_moment_is_not_counted_as_reaped()
    {
        _store.OnRemove = () => Task.FromResult(false);
        for (var i = 0; i < 6; i++)
        {
            await LookAsync(Row("a", beat: 7, lease: 10));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        (await ReapAsync(Row("a", beat: 7, lease: 10))).ShouldBe(0);
    }

    [Fact]
    public async Task A_row_seen_for_the_first_time_is_not_reaped_however_old_it_is()
    {
        (await ReapAsync(Row("a", beat: 7, lease: 10))).ShouldBe(0);
        _store.Removals.ShouldBeEmpty();
    }

    private static ReplicaRow Row(string replicaId, long beat, double lease = 30) => PropagationRig.Row(replicaId, beat: beat, lease: lease);

    private static ReplicaLook Found(params ReplicaRow[] rows) => new(Ticket: 0, Samples.Epoch, Samples.Now, rows);

    private static IEnumerable<(string, TimeSpan)> Stills(Look look) => look.Rows.Select(found => (found.Row.ReplicaId, found.Still));

    private Task<Look> LookAsync(params ReplicaRow[] rows) => LookAsync(Found(rows));

    /// <summary>Each takes as long as two are apart, so that none waits.</summary>
    private async Task<Look> LookAsync(ReplicaLook answer)
    {
        var look = _table.LookAsync();
        var pending = await _store.Looks.NextAsync();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        pending.Answers(answer);
        return await look;
    }

    private async Task<int> ReapAsync(params ReplicaRow[] rows)
    {
        var reap = _table.ReapAsync(CancellationToken.None);
        var pending = await _store.Looks.NextAsync();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        pending.Answers(Found(rows));
        return await reap;
    }
}
