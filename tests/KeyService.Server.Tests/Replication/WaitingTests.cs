using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using static KeyService.Server.Tests.Fakes.PropagationRig;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Replication;

public class WaitingTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly FakeTimeProvider _time = new(Samples.Now);

    [Fact]
    public void Nobody_else_means_nobody_to_wait_for()
    {
        Begin(Row("own", ticket: 1)).Update(Look(), waitForAll: true).ShouldBeTrue();
        Begin().Update(Look(), waitForAll: true).ShouldBeTrue();
    }

    [Fact]
    public void The_own_row_needs_no_ticket_and_counts_as_confirmed()
    {
        var waiting = Begin(Row("own", ticket: 1), Row("a", ticket: 1));

        (waiting.Confirmed, waiting.Pending).ShouldBe((1, 1));
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    [InlineData(101, true)]
    public void Another_row_counts_until_its_ticket_is_at_or_past_the_one_drawn(long ticket, bool complete)
    {
        var waiting = Begin(Row("own"), Row("a"));

        waiting.Update(Look(Row("own"), Row("a", ticket)), waitForAll: true).ShouldBe(complete);
        (waiting.Confirmed, waiting.Pending).ShouldBe(complete ? (2, 0) : (1, 1));
    }

    [Fact]
    public void Every_one_found_must_confirm()
    {
        var waiting = Begin(Row("a"), Row("b"));
        waiting.Update(Look(Row("a", Ticket), Row("b")), waitForAll: true).ShouldBeFalse();

        waiting.Update(Look(Row("a", Ticket), Row("b", Ticket)), waitForAll: true).ShouldBeTrue();
        waiting.Confirmed.ShouldBe(2);
    }

    [Fact]
    public void A_row_that_confirmed_in_the_first_look_is_not_waited_for() =>
        BeginAndUpdate(Row("a", Ticket)).ShouldBe((Complete: true, Confirmed: 1));

    [Fact]
    public void A_row_that_is_gone_is_not_waited_for_and_has_not_confirmed()
    {
        var waiting = Begin(Row("own"), Row("a"));

        waiting.Update(Look(Row("own")), waitForAll: true).ShouldBeTrue();
        waiting.Confirmed.ShouldBe(1);
    }

    [Fact]
    public void Rows_that_appear_later_are_not_waited_for()
    {
        var waiting = Begin(Row("own"), Row("a"));

        waiting.Update(Look(Row("own"), Row("a", Ticket), Row("later", ticket: 1)), waitForAll: true).ShouldBeTrue();
        waiting.Confirmed.ShouldBe(2);
    }

    [Fact]
    public void A_row_counts_no_longer_once_its_own_lease_has_passed_here_since_the_draw()
    {
        var waiting = Begin(Row("short", lease: 10), Row("long", lease: 30));
        _time.Advance(TimeSpan.FromSeconds(10) - Tick);
        Update().ShouldBeFalse();
        waiting.Pending.ShouldBe(2);
        _time.Advance(Tick);
        Update().ShouldBeFalse();
        waiting.Pending.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(20) - Tick);
        Update().ShouldBeFalse();
        _time.Advance(Tick);
        Update().ShouldBeTrue();
        waiting.Confirmed.ShouldBe(0);

        bool Update() => waiting.Update(Look(Row("short", lease: 10), Row("long", lease: 30)), waitForAll: true);
    }

    [Fact]
    public void That_a_row_beats_on_does_not_lengthen_the_wait()
    {
        var waiting = Begin(Row("a", beat: 1, lease: 10));
        _time.Advance(TimeSpan.FromSeconds(10));

        waiting.Update(Look(Row("a", beat: 11, lease: 600)), waitForAll: true).ShouldBeTrue();
    }

    [Fact]
    public void The_longest_lease_is_that_of_the_rows_missing_or_the_own()
    {
        var waiting = Begin(Row("own", lease: 600), Row("a", lease: 10), Row("b", lease: 60));

        waiting.LongestLease(TimeSpan.FromSeconds(30)).ShouldBe(TimeSpan.FromSeconds(60));
        waiting.LongestLease(TimeSpan.FromSeconds(90)).ShouldBe(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public void It_is_hopeless_when_each_one_missing_has_stood_still_and_only_then()
    {
        var five = TimeSpan.FromSeconds(5);
        var waiting = Begin(Row("a"), Row("b"));

        waiting.IsHopeless(Still(("a", 5), ("b", 4.9)), five).ShouldBeFalse();
        waiting.IsHopeless(Still(("a", 5), ("b", 5)), five).ShouldBeTrue();
        waiting.IsHopeless(Still(("a", 5)), five).ShouldBeFalse("the other one is gone: it is not missing any more");
    }


    private Waiting Begin(params ReplicaRow[] rows) => new(Look(rows), "own", _time);

    private (bool Complete, int Confirmed) BeginAndUpdate(params ReplicaRow[] rows)
    {
        var look = Look(rows);
        var waiting = new Waiting(look, "own", _time);
        return (waiting.Update(look, waitForAll: true), waiting.Confirmed);
    }

    private Look Look(params ReplicaRow[] rows) =>
        new(Ticket, Samples.Epoch, Samples.Now, Moment.Now(_time), [.. rows.Select(row => (row, TimeSpan.Zero))]);

    private Look Still(params (string Id, double Seconds)[] rows) =>
        new(0, Samples.Epoch, Samples.Now, Moment.Now(_time), [.. rows.Select(row => (Row(row.Id), TimeSpan.FromSeconds(row.Seconds)))]);
}
