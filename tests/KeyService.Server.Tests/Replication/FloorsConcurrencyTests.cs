using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Replication;

/// <summary>
/// Changes, reads and uses of one replica at once, while pruning never rests. The rule: who asks after a change was told is not answered
/// from an entry that is older.
/// </summary>
public class FloorsConcurrencyTests
{
    private const int Keys = 6;
    private const int Changes = 20_000;

    private readonly Incarnation _replica = Samples.Standing(TimeProvider.System);
    private readonly Belief _belief;

    /// <summary>What a read finds: the last revision that was committed.</summary>
    private readonly long[] _database = new long[Keys];

    /// <summary>The last revision whose change was told.</summary>
    private readonly long[] _told = new long[Keys];

    /// <summary>For each writer the last revision that it told.</summary>
    private readonly long[] _applied = new long[2];

    private int _prunings;
    private volatile bool _over;

    public FloorsConcurrencyTests() => _belief = new Belief(_replica);

    [Fact]
    public async Task No_entry_answers_a_call_that_began_after_a_later_change_was_told()
    {
        var users = Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount - 1)).Select(_ => Task.Run(Use)).ToArray();
        var writers = Enumerable.Range(0, 2).Select(writer => Task.Factory.StartNew(
            () => Change(writer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        await Task.WhenAll(writers);
        _over = true;

        (await Task.WhenAll(users)).Sum().ShouldBe(0);
        _prunings.ShouldBeGreaterThan(100, "pruning is what this is about");
    }

    /// <summary>Two tell of the same change at once: the one for whom it is no news must not be the first to say so.</summary>
    [Fact]
    public async Task An_answer_kept_as_believed_is_not_believed_once_anybody_was_told_of_a_change()
    {
        const int Rounds = 100_000;
        var now = Moment.Now(TimeProvider.System);
        using var together = new Barrier(2);
        var violations = 0;

        var first = Task.Factory.StartNew(() => Rally(check: false), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Rally(check: true);
        await first;

        violations.ShouldBe(0);

        void Rally(bool check)
        {
            for (var round = 1; round <= Rounds; round++)
            {
                var believedAt = Belief.Never;
                if (check)
                {
                    _belief.Doubts("a"u8, round, _belief.Mark(), ref believedAt, now);
                    Volatile.Write(ref _applied[0], round);
                }
                else
                {
                    while (Volatile.Read(ref _applied[0]) < round) Thread.SpinWait(1);
                }

                var news = _replica.Floors.Raise("a", round + 1);
                if (check && !news && _belief.Doubts("a"u8, round, _belief.Mark(), ref believedAt, now) == Disbelief.None) violations++;
                if (!check) Volatile.Write(ref _applied[1], round);
                else while (Volatile.Read(ref _applied[1]) < round) Thread.SpinWait(1);
            }
        }
    }

    private void Change(int writer)
    {
        for (var change = 1; change <= Changes; change++)
        {
            // Not far ahead of the other: what both have told can be pruned.
            while (_applied[writer] > Volatile.Read(ref _applied[1 - writer]) + 100) Thread.SpinWait(1);
            var revision = (2L * change) + writer;
            var key = (change % (Keys / 2) * 2) + writer;
            Volatile.Write(ref _database[key], revision);
            _replica.Floors.Raise(Name(key), revision);
            Volatile.Write(ref _told[key], revision);
            Volatile.Write(ref _applied[writer], revision);
            if (writer == 0 && change % 50 == 0) Prune();
        }

        Volatile.Write(ref _applied[writer], long.MaxValue / 2);
    }

    /// <summary>Everything at or below the lower of what the two writers told has been applied.</summary>
    private void Prune()
    {
        var horizon = Math.Min(Volatile.Read(ref _applied[0]), Volatile.Read(ref _applied[1]));
        if (horizon <= _replica.Horizon) return;
        _replica.Horizon = horizon;
        _replica.Floors.RaiseBase(horizon);
        _prunings++;
    }

    /// <summary>Reads a key, uses what was read a few times, and counts the answers that were too old.</summary>
    private int Use()
    {
        var violations = 0;
        var now = Moment.Now(TimeProvider.System);
        for (var key = 0; !_over; key = (key + 1) % Keys)
        {
            var mark = _belief.Mark();
            var revision = Volatile.Read(ref _database[key]);
            var believedAt = Belief.Never;
            for (var use = 0; use < 20; use++)
            {
                var told = Volatile.Read(ref _told[key]);
                if (_belief.Doubts(Encoding.ASCII.GetBytes(Name(key)), revision, mark, ref believedAt, now) == Disbelief.None && revision < told) violations++;
            }
        }

        return violations;
    }

    private static string Name(int key) => key switch { 0 => "a", 1 => "b", 2 => "c", 3 => "d", 4 => "e", _ => "f" };
}
