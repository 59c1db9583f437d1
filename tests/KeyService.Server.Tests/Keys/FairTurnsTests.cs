using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public sealed class FairTurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_caller_with_a_long_queue_delays_another_by_one_turn_only()
    {
        var turns = new FairTurns(turns: 1, perCaller: 1);
        var taken = await Enter(turns, "flood");
        var flood = Enumerable.Range(0, 100).Select(_ => Enter(turns, "flood")).ToList();
        var other = Enter(turns, "other");

        taken.Dispose();

        (await other.WaitAsync(Patience)).Dispose();
        foreach (var waiting in flood) (await waiting.WaitAsync(Patience)).Dispose();
    }

    [Fact]
    public async Task Within_one_caller_the_first_to_come_is_the_first_to_be_served()
    {
        var turns = new FairTurns(turns: 1, perCaller: 1);
        var taken = await Enter(turns, "a");
        var first = Enter(turns, "a");
        var second = Enter(turns, "a");

        taken.Dispose();

        await first.WaitAsync(Patience);
        second.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task One_caller_never_has_all_turns_where_it_may_not()
    {
        var turns = new FairTurns(turns: 2, perCaller: 1);
        var first = await Enter(turns, "flood");
        var second = Enter(turns, "flood");
        second.IsCompleted.ShouldBeFalse();

        var other = Enter(turns, "other");
        other.IsCompletedSuccessfully.ShouldBeTrue();

        first.Dispose();
        await second.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_waiter_that_is_cancelled_or_times_out_leaves_the_queue_and_takes_no_turn()
    {
        var turns = new FairTurns(turns: 1, perCaller: 1);
        var taken = await Enter(turns, "a");
        using var gone = new CancellationTokenSource();
        var cancelled = turns.EnterAsync("a", Timeout.InfiniteTimeSpan, gone.Token).AsTask();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(cancelled);
        await Should.ThrowAsync<TimeoutException>(() => turns.EnterAsync("b", TimeSpan.FromMilliseconds(1), CancellationToken.None).AsTask());

        taken.Dispose();

        turns.EnterAsync("c", Patience, CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task A_turn_that_is_given_back_twice_is_one_turn()
    {
        var turns = new FairTurns(turns: 1, perCaller: 1);
        var taken = await Enter(turns, "a");
        taken.Dispose();
        taken.Dispose();

        await Enter(turns, "a");

        Enter(turns, "b").IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Turns_are_never_more_than_there_are_and_all_come_back()
    {
        const int Turns = 3;
        const int PerCaller = 2;
        var turns = new FairTurns(Turns, PerCaller);
        var inside = 0;
        var insideByCaller = new int[5];
        var most = 0;
        var mostOfOne = 0;
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => Task.Run(async () =>
        {
            var caller = i % insideByCaller.Length;
            using var gone = new CancellationTokenSource();
            if (i % 7 == 0) gone.CancelAfter(TimeSpan.FromMilliseconds(i % 5));
            try
            {
                using var turn = await turns.EnterAsync(caller.ToString(System.Globalization.CultureInfo.InvariantCulture), Patience, gone.Token);
                Raise(ref most, Interlocked.Increment(ref inside));
                Raise(ref mostOfOne, Interlocked.Increment(ref insideByCaller[caller]));
                await Task.Yield();
                Interlocked.Decrement(ref insideByCaller[caller]);
                Interlocked.Decrement(ref inside);
            }
            catch (OperationCanceledException)
            {
                // Left the queue.
            }
        })));

        most.ShouldBeLessThanOrEqualTo(Turns);
        mostOfOne.ShouldBeLessThanOrEqualTo(PerCaller);
        for (var i = 0; i < Turns; i++) Enter(turns, $"last {i}").IsCompletedSuccessfully.ShouldBeTrue();
    }

    private static void Raise(ref int most, int seen)
    {
        for (var known = Volatile.Read(ref most); seen > known; known = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, seen, known);
    }

    private static Task<IDisposable> Enter(FairTurns turns, string caller) => turns.EnterAsync(caller, Patience, CancellationToken.None).AsTask();
}
