using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

public class SharedRunsTests
{
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(10);

    private readonly TimerWatch _time = new(Samples.Now);
    private readonly PendingCalls<string, int> _runs = new();

    [Fact]
    public async Task Who_asks_gets_a_run_that_began_after_they_asked()
    {
        var runs = Runs();
        var first = runs.NextAsync();
        var begun = await _runs.NextAsync();
        var second = runs.NextAsync();
        begun.Answers(1);
        (await first).ShouldBe(1);
        second.IsCompleted.ShouldBeFalse("that run began before it was asked for");

        (await _runs.NextAsync()).Answers(2);
        (await second).ShouldBe(2);
    }

    [Fact]
    public async Task All_who_ask_while_one_is_under_way_share_the_next_and_one_runs_at_a_time()
    {
        var runs = Runs();
        var first = runs.NextAsync();
        var begun = await _runs.NextAsync();
        var others = Enumerable.Range(0, 100).Select(_ => runs.NextAsync()).ToList();
        _runs.Count.ShouldBe(1);
        begun.Answers(1);
        (await _runs.NextAsync()).Answers(2);

        (await Task.WhenAll(others)).ShouldAllBe(answer => answer == 2);
        (await first).ShouldBe(1);
        _runs.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_failure_reaches_all_who_share_it_and_nobody_else()
    {
        var runs = Runs();
        var first = runs.NextAsync();
        var begun = await _runs.NextAsync();
        var shared = Enumerable.Range(0, 3).Select(_ => runs.NextAsync()).ToList();
        begun.Answers(1);
        (await first).ShouldBe(1);
        var failing = await _runs.NextAsync();
        var after = runs.NextAsync();
        failing.Fails(new InvalidOperationException("this one"));

        foreach (var waiting in shared) (await Should.ThrowAsync<InvalidOperationException>(waiting)).Message.ShouldBe("this one");
        (await _runs.NextAsync()).Answers(3);
        (await after).ShouldBe(3);
    }

    [Fact]
    public async Task A_run_that_throws_before_it_is_under_way_fails_and_does_not_stop_those_after_it()
    {
        var throws = true;
        var runs = new SharedRuns<int>(() => throws ? throw new InvalidOperationException() : Task.FromResult(2), TimeSpan.Zero, _time);
        await Should.ThrowAsync<InvalidOperationException>(runs.NextAsync());
        throws = false;

        (await runs.NextAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_failure_that_nobody_looks_at_does_no_harm()
    {
        var runs = Runs();
        _ = runs.NextAsync();
        (await _runs.NextAsync()).Fails(new OperationCanceledException());
        var next = runs.NextAsync();
        (await _runs.NextAsync()).Answers(2);

        (await next).ShouldBe(2);
    }

    [Fact]
    public async Task Two_runs_begin_at_least_the_gap_apart()
    {
        var runs = Runs(Gap);
        var first = runs.NextAsync();
        var begun = await _runs.NextAsync();
        _time.Advance(TimeSpan.FromMilliseconds(4));
        begun.Answers(1);
        await first;
        (await _time.NextTimerAsync()).ShouldBe(TimeSpan.FromMilliseconds(6));
        var second = runs.NextAsync();
        _runs.Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromMilliseconds(6));
        (await _runs.NextAsync()).Answers(2);
        (await second).ShouldBe(2);
    }

    [Fact]
    public async Task A_run_longer_than_the_gap_is_followed_at_once()
    {
        var runs = Runs(Gap);
        var first = runs.NextAsync();
        var begun = await _runs.NextAsync();
        var second = runs.NextAsync();
        _time.Advance(Gap);
        begun.Answers(1);
        await first;

        (await _runs.NextAsync()).Answers(2);
        (await second).ShouldBe(2);
    }

    private SharedRuns<int> Runs(TimeSpan gap = default) => new(() => _runs.Add(""), gap, _time);
}
