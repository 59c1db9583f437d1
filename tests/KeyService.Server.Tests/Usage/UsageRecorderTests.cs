using System.Collections.Concurrent;
using CsCheck;
using KeyService.Server.Keys;
using KeyService.Server.Usage;

namespace KeyService.Server.Tests.Usage;

public class UsageRecorderTests
{
    private const long Step = UseMark.Resolution;

    private readonly UsageRecorder _recorder = new();

    [Fact]
    public void A_use_is_taken_once_with_its_time()
    {
        _recorder.Record(new Used("a"), 7 * Step);

        _recorder.Take().ShouldBe([("a", 7 * Step)]);
        _recorder.Take().ShouldBeEmpty();
    }

    [Fact]
    public void Of_many_uses_the_latest_counts_in_whatever_order_they_are_told() =>
        Gen.Long[1, 1_000].Array[1, 20].Sample(times =>
        {
            var recorder = new UsageRecorder();
            var key = new Used("a");
            foreach (var time in times) recorder.Record(key, time * Step);

            recorder.Take().ShouldBe([("a", times.Max() * Step)]);
        });

    [Fact]
    public void A_use_within_the_resolution_of_the_last_writes_no_time_but_counts_as_one_since_the_last_flush()
    {
        var key = new Used("a");
        _recorder.Record(key, 7 * Step);
        _recorder.Take();

        _recorder.Record(key, (8 * Step) - 1);

        _recorder.Take().ShouldBe([("a", 7 * Step)]);
    }

    [Fact]
    public void A_use_far_before_the_last_one_shows_that_the_clock_was_wrong_and_counts()
    {
        var (key, year) = (new Used("a"), TimeSpan.FromDays(366).Ticks);
        _recorder.Record(key, year);
        _recorder.Record(key, year - TimeSpan.TicksPerMinute);
        _recorder.Take().ShouldBe([("a", year)]);

        _recorder.Record(key, 7 * Step);

        _recorder.Take().ShouldBe([("a", 7 * Step)]);
    }

    [Fact]
    public void Each_key_has_its_own_time()
    {
        _recorder.Record(new Used("a"), 1 * Step);
        _recorder.Record(new Used("b"), 2 * Step);

        _recorder.Take().Order().ShouldBe([("a", 1 * Step), ("b", 2 * Step)]);
    }

    [Fact]
    public void A_key_that_was_looked_up_twice_is_written_once_with_the_later_time()
    {
        _recorder.Record(new Used("a"), 2 * Step);
        _recorder.Record(new Used("a"), 3 * Step);
        _recorder.Record("a", 1 * Step);

        _recorder.Take().ShouldBe([("a", 3 * Step)]);
    }

    [Fact]
    public void A_key_is_recorded_again_at_its_next_use()
    {
        var key = new Used("a");
        _recorder.Record(key, 1 * Step);
        _recorder.Take();

        _recorder.Record(key, 5 * Step);

        _recorder.Take().ShouldBe([("a", 5 * Step)]);
    }

    /// <summary>Each thread counts up the time of each key while another takes without rest. Whatever was told last of a key must have been taken in the end.</summary>
    [Fact]
    public async Task No_last_use_is_lost_while_uses_are_taken()
    {
        const int Uses = 60_000;
        const int Threads = 3;
        // Their times stay within the half minute that clocks may differ by.
        const int Apart = 10_000;
        using var together = new Barrier(Threads);
        const int LeastTakes = 200;
        var keys = Enumerable.Range(0, 3).Select(i => new Used($"key{i}")).ToArray();
        var last = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var taken = new Dictionary<string, long>(StringComparer.Ordinal);
        var takes = 0;

        var users = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (var use = 1; use <= Uses || Volatile.Read(ref takes) < LeastTakes; use++)
                {
                    var (key, time) = (keys[use % keys.Length], ((use * (long)Threads) + thread) * Step);
                    _recorder.Record(key, time);
                    last.AddOrUpdate(key.KeyId, time, (_, known) => Math.Max(known, time));
                    if (use % Apart == 0) together.SignalAndWait();
                }

                together.RemoveParticipant();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var all = Task.WhenAll(users);
        while (!all.IsCompleted) Take();
        await all;
        Take();

        taken.ShouldBe(last, ignoreOrder: true);
        takes.ShouldBeGreaterThan(LeastTakes, "taking must have gone on beside the uses");

        void Take()
        {
            takes++;
            foreach (var (key, time) in _recorder.Take()) taken[key] = Math.Max(taken.GetValueOrDefault(key), time);
        }
    }

    /// <summary>The one use of a key, at the moment in which its mark is taken: nothing later would make up for it.</summary>
    [Fact]
    public async Task The_only_use_of_a_key_is_not_lost_when_its_mark_is_being_taken()
    {
        var key = new Used("a");
        using var together = new Barrier(2);
        const int Rounds = 20_000;
        var user = Task.Factory.StartNew(
            () =>
            {
                for (var round = 1; round <= Rounds; round++)
                {
                    together.SignalAndWait();
                    _recorder.Record(key, round * Step);
                    together.SignalAndWait();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        var lost = 0;
        for (var round = 1; round <= Rounds; round++)
        {
            // On the list already: the use of this round meets the taking of the mark.
            _recorder.Record(key, (round - 1) * Step);
            together.SignalAndWait();
            var taken = _recorder.Take();
            together.SignalAndWait();
            taken.AddRange(_recorder.Take());
            if (taken.Max(use => use.UtcTicks) != round * Step) lost++;
        }

        await user;
        lost.ShouldBe(0);
    }

    private sealed class Used(string keyId) : IUsed
    {
        private UseMark _use;

        public string KeyId => keyId;

        public ref UseMark Use => ref _use;
    }
}
