using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Canary;

/// <summary>What is judged, and how.</summary>
public class CanaryRoundTests
{
    private readonly CanaryRig _rig = new();

    [Fact]
    public async Task Replicas_that_follow_break_nothing()
    {
        await _rig.LookAsync();

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Complete);

        _rig.Metrics.Violations.ShouldBe(0);
        _rig.Metrics.Count(CanaryAsked.Answered).ShouldBe(4);
        _rig.Key.Record.Status.ShouldBe(KeyStatus.Enabled);
        _rig.Key.Record.Revision.ShouldBe(3);
        _rig.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_from_the_record_before_switching_off_is_a_violation()
    {
        await _rig.LookAsync();
        _rig.Replica("b").Believes = () => KeyStatus.Enabled;

        await _rig.RunAsync();

        _rig.Metrics.Violations.ShouldBe(1);
        var (level, text) = _rig.Log.Lines.ShouldHaveSingleItem();
        level.ShouldBe(LogLevel.Error);
        foreach (var piece in (string[])["replica b", _rig.Key.Record.KeyId, "Disabled", "revision 2"]) text.ShouldContain(piece);
        text.ShouldNotContain(_rig.Key.Credential);
    }

    [Fact]
    public async Task An_answer_from_the_record_before_switching_on_is_a_violation()
    {
        await _rig.LookAsync();
        // Asked before the first change, after the first, after the second.
        _rig.Replica("a").Believes = () => _rig.Replica("a").Asked < 2 ? KeyStatus.Enabled : KeyStatus.Disabled;

        await _rig.RunAsync();

        _rig.Metrics.Violations.ShouldBe(1);
        _rig.Log.Lines.ShouldHaveSingleItem().Text.ShouldContain("Enabled by revision 3");
    }

    [Fact]
    public async Task An_answer_that_may_be_from_a_newer_record_is_none()
    {
        await _rig.LookAsync();
        // Somebody switches it on again just before it is asked.
        _rig.Replica("a").Believes = () =>
        {
            if (_rig.Key.Record.Status == KeyStatus.Disabled) _rig.Key.SwitchedBy("operator", KeyStatus.Enabled);
            return _rig.Key.Record.Status;
        };

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Overtaken);

        _rig.Metrics.Violations.ShouldBe(0);
        _rig.Metrics.Count(CanaryAsked.Answered).ShouldBe(2);
    }

    [Fact]
    public async Task Who_does_not_answer_or_has_no_address_is_counted_and_not_judged()
    {
        _rig.Rows.AddRange([CanaryRig.Row(""), CanaryRig.Row("nonsense")]);
        await _rig.LookAsync();
        _rig.Replica("b").IsAway = true;

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Partial);

        _rig.Metrics.Violations.ShouldBe(0);
        _rig.Metrics.Count(CanaryAsked.Answered).ShouldBe(2);
        _rig.Metrics.Count(CanaryAsked.Unreachable).ShouldBe(4);
        _rig.Metrics.Count(CanaryAsked.WithoutAddress).ShouldBe(2);
    }

    [Fact]
    public async Task A_round_that_judges_no_replica_is_an_outcome_of_its_own_and_is_logged_with_the_causes()
    {
        await _rig.LookAsync();
        foreach (var name in (string[])["a", "b"]) _rig.Replica(name).IsAway = true;

        for (var round = 0; round < 3; round++) (await _rig.RunAsync()).ShouldBe(RoundOutcome.Unjudged);

        _rig.Metrics.Count(CanaryAsked.Answered).ShouldBe(0);
        _rig.Log.Lines.Count(line => line.Text.Contains("judges none of 2", StringComparison.Ordinal)).ShouldBe(1, "once, not each round");
        _rig.Log.Lines.Count.ShouldBe(3);
        foreach (var name in (string[])["a", "b"]) _rig.Log.Lines.ShouldContain(line => line.Text.Contains($"replica {name}: gone away", StringComparison.Ordinal));

        foreach (var name in (string[])["a", "b"]) _rig.Replica(name).IsAway = false;
        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Complete);
    }

    [Fact]
    public async Task Without_any_replica_nothing_is_judged()
    {
        _rig.Rows.Clear();
        await _rig.LookAsync();

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Unjudged);
    }

    [Fact]
    public async Task Who_never_accepted_the_key_may_be_of_another_store_and_has_no_say()
    {
        await _rig.LookAsync();
        _rig.Replica("b").Believes = () => KeyStatus.Disabled;

        await _rig.RunAsync();

        _rig.Metrics.Violations.ShouldBe(0);
        _rig.Metrics.Count(CanaryAsked.Unreachable).ShouldBe(2);
    }

    [Fact]
    public async Task A_pending_change_is_judged_after_its_effective_time_and_not_before()
    {
        await _rig.LookAsync();
        _rig.Replica("b").Believes = () => KeyStatus.Enabled;
        _rig.Key.PendingUntil = Samples.Now.AddSeconds(1.5);

        var round = _rig.RunAsync();
        // And 3 s more: the reckoned time may be so far ahead of the database's.
        for (var second = 0; second < 4; second++)
        {
            (await _rig.Time.NextTimerAsync()).ShouldBe(TimeSpan.FromSeconds(1));
            _rig.Replica("b").Asked.ShouldBe(1, "only before the change");
            _rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        (await _rig.Time.NextTimerAsync()).ShouldBe(TimeSpan.FromSeconds(0.5));
        _rig.Replica("b").Asked.ShouldBe(1, "half a second is left");
        _rig.Metrics.Violations.ShouldBe(0);
        _rig.Time.Advance(TimeSpan.FromSeconds(0.5));

        (await round).ShouldBe(RoundOutcome.Pending);
        _rig.Metrics.Violations.ShouldBe(1, "it is still answered from the older record");
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_an_effective_time()
    {
        await _rig.LookAsync();
        _rig.Key.PendingUntil = Samples.Now.AddMinutes(10);
        using var stop = new CancellationTokenSource();

        var round = _rig.Round.RunAsync(_rig.Rows, stop.Token);
        await _rig.Time.NextTimerAsync();
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(round);
    }
}
