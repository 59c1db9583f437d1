using KeyService.Server.Observability;

namespace KeyService.Server.Tests.Observability;

public class StripedCountersTests
{
    [Fact]
    public async Task Nothing_is_lost_and_no_counter_gets_what_is_another_s_whatever_thread_adds()
    {
        // More than a line holds.
        var counters = new StripedCounters(20);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 20_000; i++) counters.Add(i % 20, i % 20);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Enumerable.Range(0, counters.Count).Select(counters.Read).ShouldBe(Enumerable.Range(0, 20).Select(i => 8L * 1_000 * i));
    }
}
