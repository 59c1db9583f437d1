using System.Globalization;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

/// <summary>
/// What may happen in the moments of pruning. A key id of millions of characters takes milliseconds to hash, wherever it is looked up: that
/// holds the moments open without a sleep.
/// </summary>
public class FloorsPruningTests
{
    private const int Rounds = 10;

    [Fact]
    public async Task Who_asks_while_floors_are_pruned_is_not_answered_from_an_older_entry()
    {
        var slow = new string('k', 16_000_000);
        for (var round = 1; round <= Rounds; round++)
        {
            var floors = new Floors(capacity: 1);
            var belief = new Belief(floors, new FakeStoreLock());
            var era = belief.Era;
            floors.Committed(slow, 2, 0);
            using var together = new Barrier((2 * Environment.ProcessorCount) + 1);

            var users = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return belief.Holds(slow, 1, era) || belief.Holds(slow, 1, era);
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            together.SignalAndWait();
            floors.Committed("other", 1, 0);

            belief.Era.ShouldBe(era + 1);
            (await Task.WhenAll(users)).ShouldAllBe(allowed => !allowed);
        }
    }

    [Fact]
    public async Task A_floor_raised_while_floors_are_pruned_stays()
    {
        string[] hot = ["b", "d", "f", "h", "j", "l", "n", "p"];
        var slow = Enumerable.Range(0, 6).Select(i => i.ToString(CultureInfo.InvariantCulture) + new string('k', 4_000_000)).ToArray();
        for (var round = 1; round <= Rounds; round++)
        {
            var floors = new Floors(capacity: slow.Length);
            foreach (var key in slow) floors.Committed(key, 1, 0);
            var belief = new Belief(floors, new FakeStoreLock());
            var before = belief.Era;

            var pruning = Task.Run(() => floors.Committed("one too many", 1, 0));
            while (belief.Era == before && !pruning.IsCompleted) Thread.SpinWait(1);
            // Each was read as revision 1, in the new era, before revision 2 was seen.
            var era = belief.Era;
            foreach (var key in hot) floors.Committed(key, 2, 0);
            await pruning;

            era.ShouldBe(before + 1);
            hot.ShouldAllBe(key => !belief.Holds(key, 1, era));
        }
    }
}
