using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

/// <summary>
/// Changes, reads and uses of one replica at once, while pruning never rests. The rule: who asks after a change was confirmed is not
/// answered from an entry that is older.
/// </summary>
public class FloorsConcurrencyTests
{
    private const int Keys = 6;
    private const int Changes = 20_000;

    private readonly Floors _floors = new(capacity: 2);
    private readonly Belief _belief;

    /// <summary>What a read finds: the last revision that was committed.</summary>
    private readonly long[] _database = new long[Keys];

    /// <summary>The last revision whose change was answered.</summary>
    private readonly long[] _confirmed = new long[Keys];

    private volatile bool _over;

    public FloorsConcurrencyTests() => _belief = new Belief(_floors, new FakeStoreLock());

    [Fact]
    public async Task No_entry_answers_a_call_that_began_after_a_later_change_was_confirmed()
    {
        var users = Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount - 1)).Select(_ => Task.Run(Use)).ToArray();
        var writers = Enumerable.Range(0, 2).Select(writer => Task.Run(() => Change(writer))).ToArray();

        await Task.WhenAll(writers);
        _over = true;

        (await Task.WhenAll(users)).Sum().ShouldBe(0);
        _floors.Era.ShouldBeGreaterThan(100, "pruning is what this is about");
    }

    private void Change(int writer)
    {
        for (var change = 1; change <= Changes; change++)
        {
            var key = (change % (Keys / 2) * 2) + writer;
            Volatile.Write(ref _database[key], change);
            _floors.Committed(Name(key), change, _floors.Doubts);
            Volatile.Write(ref _confirmed[key], change);
        }
    }

    /// <summary>Reads a key, uses what was read a few times, and counts the answers that were too old.</summary>
    private int Use()
    {
        var violations = 0;
        for (var key = 0; !_over; key = (key + 1) % Keys)
        {
            var era = _belief.Era;
            var revision = Volatile.Read(ref _database[key]);
            for (var use = 0; use < 20; use++)
            {
                var confirmed = Volatile.Read(ref _confirmed[key]);
                if (_belief.Holds(Name(key), revision, era) && revision < confirmed) violations++;
            }
        }

        return violations;
    }

    private static string Name(int key) => key switch { 0 => "a", 1 => "b", 2 => "c", 3 => "d", 4 => "e", _ => "f" };
}
