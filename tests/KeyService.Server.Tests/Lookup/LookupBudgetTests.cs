using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Lookup;

/// <summary>A database that does not answer. The budget is 200 ms, unless the caller's deadline is longer.</summary>
public class LookupBudgetTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly LookupRig _rig = new();

    [Theory]
    [InlineData(null, 200)]
    [InlineData(0, 200)]
    [InlineData(50, 200)]
    [InlineData(500, 500)]
    [InlineData(3_600_000, 60_000)]
    public async Task The_call_is_given_up_when_its_budget_is_spent(int? deadlineInMilliseconds, int expectedMilliseconds)
    {
        DateTime? deadline = deadlineInMilliseconds is { } left ? _rig.Time.GetUtcNow().UtcDateTime.AddMilliseconds(left) : null;
        var find = _rig.FindAsync(deadline);

        _rig.Time.Advance(TimeSpan.FromMilliseconds(expectedMilliseconds) - Tick);
        find.IsCompleted.ShouldBeFalse();
        _rig.Time.Advance(Tick);

        await Should.ThrowAsync<StoreUnavailableException>(find);
    }

    [Fact]
    public async Task Who_joined_a_read_that_may_not_answer_him_gets_no_second_budget()
    {
        var first = _rig.FindAsync();
        var stale = await _rig.Engine.NextReadAsync();
        _rig.Commit(8);
        var joined = _rig.FindAsync();
        _rig.Time.Advance(TimeSpan.FromMilliseconds(90));
        stale.Finds(Samples.Row(7));
        await first;

        List<double> timers = [];
        for (var i = 0; i < 3; i++) timers.Add((await _rig.Time.NextTimerAsync()).TotalMilliseconds);

        // What the caller of each read waits; in between, half of the budget for the joining.
        timers.ShouldBe([200, 100, 110]);
        _rig.Time.Advance(TimeSpan.FromMilliseconds(110) - Tick);
        joined.IsCompleted.ShouldBeFalse();
        _rig.Time.Advance(Tick);
        await Should.ThrowAsync<StoreUnavailableException>(joined);
    }

    [Fact]
    public async Task A_read_that_came_too_late_for_its_caller_answers_the_next_one()
    {
        var late = _rig.FindAsync();
        var read = await _rig.Engine.NextReadAsync();
        _rig.Time.Advance(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<StoreUnavailableException>(late);

        var next = _rig.FindAsync();
        read.Finds(Samples.Row(7));

        (await next)!.Revision.ShouldBe(7);
        _rig.Engine.ReadCount.ShouldBe(1);
    }

    [Fact]
    public async Task What_memory_has_needs_no_database()
    {
        _rig.Remember(Samples.Record(7));
        _rig.Engine.Rows = _ => throw new TimeoutException();

        (await _rig.FindAsync()).ShouldNotBeNull();
    }
}
