using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Lookup;

/// <summary>Callers who miss the same key at the same time.</summary>
public class SharedReadTests
{
    private readonly LookupRig _rig = new();

    [Fact]
    public async Task A_hundred_callers_who_miss_at_once_make_one_read()
    {
        var callers = Enumerable.Range(0, 100).Select(_ => _rig.FindAsync()).ToList();
        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(7));

        (await Task.WhenAll(callers)).ShouldAllBe(key => key!.Revision == 7);
        _rig.Engine.ReadCount.ShouldBe(1);
    }

    [Fact]
    public async Task Callers_of_different_keys_do_not_wait_for_each_other()
    {
        var other = ApiKeyText.Generate(PinnedKey.Brand, KeyEnvironment.Live, PinnedKey.Master);
        var slow = _rig.FindAsync();
        var slowRead = await _rig.Engine.NextReadAsync();
        var quick = _rig.FindAsync(other);
        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(9));

        (await quick)!.Revision.ShouldBe(9);
        slow.IsCompleted.ShouldBeFalse();
        slowRead.Finds(null);
        (await slow).ShouldBeNull();
    }

    [Fact]
    public async Task A_read_sent_before_a_change_was_confirmed_does_not_answer_a_call_that_joined_it_afterwards()
    {
        var first = _rig.FindAsync();
        var stale = await _rig.Engine.NextReadAsync();
        _rig.Commit(8);
        var joined = _rig.FindAsync();
        stale.Finds(Samples.Row(7));

        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(8));

        (await joined)!.Revision.ShouldBe(8);
        (await first)!.Revision.ShouldBe(7, "that call began before the change was confirmed");
        _rig.IsInMemory(out var kept).ShouldBeTrue();
        kept!.Revision.ShouldBe(8);
    }

    [Fact]
    public async Task A_read_sent_before_floors_were_pruned_does_not_answer_a_call_that_joined_it()
    {
        var first = _rig.FindAsync();
        var old = await _rig.Engine.NextReadAsync();
        // Pruned in between: only the base can tell that the entry is too old.
        _rig.Commit(8);
        _rig.Replica.Floors.RaiseBase(8);
        _rig.Replica.Floors.Count.ShouldBe(0);
        var joined = _rig.FindAsync();
        old.Finds(Samples.Row(7));

        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(8));

        (await joined)!.Revision.ShouldBe(8);
        (await first).ShouldNotBeNull();
    }

    [Fact]
    public async Task No_such_key_is_never_taken_from_somebody_else_s_read()
    {
        var first = _rig.FindAsync();
        var early = await _rig.Engine.NextReadAsync();
        var joined = _rig.FindAsync();
        early.Finds(null);
        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(1));

        (await first).ShouldBeNull();
        (await joined)!.Revision.ShouldBe(1, "the key may have been made after the other read was sent");
    }

    [Fact]
    public async Task Who_joined_a_read_that_fails_reads_by_itself()
    {
        var first = _rig.FindAsync();
        var failing = await _rig.Engine.NextReadAsync();
        var joined = Enumerable.Range(0, 3).Select(_ => _rig.FindAsync()).ToList();
        _rig.Engine.ReadCount.ShouldBe(1);
        failing.Fails(new TimeoutException());

        await Should.ThrowAsync<StoreUnavailableException>(first);
        foreach (var _ in joined) (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(7));
        (await Task.WhenAll(joined)).ShouldAllBe(key => key!.Revision == 7);
    }

    [Fact]
    public async Task After_a_failure_the_next_call_reads_again()
    {
        var first = _rig.FindAsync();
        (await _rig.Engine.NextReadAsync()).Fails(new TimeoutException());
        await Should.ThrowAsync<StoreUnavailableException>(first);

        var next = _rig.FindAsync();
        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(7));
        (await next)!.Revision.ShouldBe(7);
        _rig.Engine.ReadCount.ShouldBe(2);
    }

    [Fact]
    public async Task Who_joined_a_read_that_hangs_reads_by_itself_when_half_of_its_budget_is_spent()
    {
        var first = _rig.FindAsync();
        await _rig.Engine.NextReadAsync();
        var joined = _rig.FindAsync();

        _rig.Time.Advance(TimeSpan.FromMilliseconds(99));
        _rig.Engine.ReadCount.ShouldBe(1);
        _rig.Time.Advance(TimeSpan.FromMilliseconds(1));
        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(7));

        (await joined)!.Revision.ShouldBe(7);
        first.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_read_that_hangs_catches_no_new_caller_after_a_second()
    {
        var patient = _rig.Time.GetUtcNow().UtcDateTime.AddMinutes(1);
        var first = _rig.FindAsync(patient);
        var hanging = await _rig.Engine.NextReadAsync();
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        first.IsCompleted.ShouldBeFalse("who started it may wait as long as its deadline allows");

        var next = _rig.FindAsync(patient);
        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(8));
        (await next)!.Revision.ShouldBe(8);

        // Its answer may still come: it does not take the place of the later one.
        hanging.Finds(Samples.Row(7));
        (await first)!.Revision.ShouldBe(7);
        _rig.IsInMemory(out var kept).ShouldBeTrue();
        kept!.Revision.ShouldBe(8);
    }

    [Fact]
    public async Task A_read_sent_before_the_replica_started_as_new_does_not_answer_a_call_that_joined_it()
    {
        var first = _rig.FindAsync();
        var old = await _rig.Engine.NextReadAsync();
        _rig.Belief.StartAsNew(Samples.Standing(_rig.Time));
        var joined = _rig.FindAsync();
        old.Finds(Samples.Row(7));

        (await _rig.Engine.NextReadAsync()).Finds(Samples.Row(8));
        (await joined)!.Revision.ShouldBe(8);
        (await first).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_fault_of_the_service_is_not_passed_off_as_an_outage()
    {
        var find = _rig.FindAsync();
        (await _rig.Engine.NextReadAsync()).Fails(new FormatException());

        await Should.ThrowAsync<FormatException>(find);
    }

    [Fact]
    public async Task Who_goes_away_stops_waiting_and_the_read_still_fills_memory_for_the_others()
    {
        using var gone = new CancellationTokenSource();
        var leaver = _rig.FindAsync(cancellation: gone.Token);
        var read = await _rig.Engine.NextReadAsync();
        var stayer = _rig.FindAsync();
        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(leaver);
        read.Finds(Samples.Row(7));
        (await stayer)!.Revision.ShouldBe(7);
        _rig.IsInMemory(out _).ShouldBeTrue();
    }
}
