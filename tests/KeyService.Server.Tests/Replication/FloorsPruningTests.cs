using System.Globalization;
using KeyService.Server.Replication;

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
            var floors = new Floors();
            floors.RaiseBase(0);
            floors.Raise(slow, 2);
            using var together = new Barrier((2 * Environment.ProcessorCount) + 1);

            var users = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return floors.Allows(slow, 1, horizon: 1) || floors.Allows(slow, 1, horizon: 1);
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            together.SignalAndWait();
            floors.RaiseBase(2);

            floors.Count.ShouldBe(0);
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
            var floors = new Floors();
            floors.RaiseBase(0);
            foreach (var key in slow) floors.Raise(key, 1);
            foreach (var key in hot) floors.Raise(key, 1);
            var before = floors.Version;

            var pruning = Task.Run(() => floors.RaiseBase(1));
            while (floors.Version == before && !pruning.IsCompleted) Thread.SpinWait(1);
            // Each was read as revision 1, at the new base, before revision 2 was seen.
            foreach (var key in hot) floors.Raise(key, 2).ShouldBeTrue();
            await pruning;

            hot.ShouldAllBe(key => !floors.Allows(key, 1, 1));
        }
    }
}
