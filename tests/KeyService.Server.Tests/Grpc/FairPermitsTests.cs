using KeyService.Server.Grpc;
using KeyService.Server.Observability;

namespace KeyService.Server.Tests.Grpc;

public class FairPermitsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(3, 1, 2)]
    [InlineData(512, 1, 256)]
    [InlineData(512, 3, 128)]
    [InlineData(512, 7, 64)]
    public void Callers_that_take_all_they_can_have_equal_shares_and_leave_as_much_to_others(int total, int callers, int share)
    {
        var permits = new FairPermits(total);
        var taken = new int[callers];
        for (var round = 0; round < total; round++)
        {
            for (var i = 0; i < callers; i++)
            {
                if (permits.TryTake($"{i}", out var cause) is not null) taken[i]++;
                else cause.ShouldBe(permits.Used == total ? RefusalCause.Full : RefusalCause.CallerShare);
            }
        }

        taken.ShouldAllBe(count => count == share);
        (permits.TryTake("another", out _) is not null).ShouldBe(share * callers < total);
    }

    [Fact]
    public void A_permit_that_is_released_is_there_for_the_next_and_an_idle_caller_costs_others_nothing()
    {
        var permits = new FairPermits(2);
        var first = permits.TryTake("a", out _)!;
        permits.TryTake("a", out var cause).ShouldBeNull();
        cause.ShouldBe(RefusalCause.CallerShare);

        permits.Release(first);

        permits.Used.ShouldBe(0);
        permits.TryTake("b", out _).ShouldNotBeNull();
        permits.TryTake("a", out _).ShouldNotBeNull();
        permits.TryTake("c", out cause).ShouldBeNull();
        cause.ShouldBe(RefusalCause.Full);
    }

    [Fact]
    public void Callers_without_permits_are_forgotten_when_there_are_many_and_those_with_permits_are_not()
    {
        var permits = new FairPermits(4);
        permits.TryTake("busy", out _).ShouldNotBeNull();
        permits.TryTake("busy", out _).ShouldNotBeNull();
        for (var i = 0; i < 10_000; i++) permits.Release(permits.TryTake($"{i}", out _)!);

        permits.Callers.ShouldBeLessThan(3_000);
        permits.TryTake("busy", out var cause).ShouldBeNull();
        cause.ShouldBe(RefusalCause.CallerShare);
    }

    [Fact]
    public async Task Many_at_a_time_never_have_more_than_there_are_and_give_all_back()
    {
        const int Total = 8;
        var permits = new FairPermits(Total);
        var inside = 0;
        var most = 0;
        await Parallel.ForAsync(0, 8, async (worker, cancellation) =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                if (permits.TryTake($"{(worker + i) % 2_500}", out RefusalCause _) is not { } share) continue;
                var now = Interlocked.Increment(ref inside);
                if (now > Volatile.Read(ref most)) Volatile.Write(ref most, now);
                if (i % 50 == 0) await Task.Yield();
                Interlocked.Decrement(ref inside);
                permits.Release(share);
            }
        });

        most.ShouldBeInRange(1, Total);
        permits.Used.ShouldBe(0);
    }
}
