using System.Collections.Concurrent;
using CsCheck;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Usage;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Usage;

public class UsageRecorderTests
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly UsageRecorder _recorder;

    public UsageRecorderTests() => _recorder = new UsageRecorder(_time);

    [Fact]
    public void A_use_is_taken_once_with_its_time()
    {
        _recorder.Record("a");

        _recorder.Take().ShouldBe([("a", Samples.Now.UtcTicks)]);
        _recorder.Take().ShouldBeEmpty();
    }

    [Fact]
    public void Of_many_uses_the_latest_counts_in_whatever_order_they_are_told() =>
        Gen.Long[1, 1_000].Array[1, 20].Sample(times =>
        {
            var recorder = new UsageRecorder(_time);
            foreach (var time in times) recorder.Record("a", time);

            recorder.Take().ShouldBe([("a", times.Max())]);
        });

    [Fact]
    public void Each_key_has_its_own_time()
    {
        _recorder.Record("a");
        _time.Advance(TimeSpan.FromSeconds(1));
        _recorder.Record("b");

        _recorder.Take().Order().ShouldBe([("a", Samples.Now.UtcTicks), ("b", Samples.Now.AddSeconds(1).UtcTicks)]);
    }

    [Fact]
    public void A_key_that_is_not_used_any_more_is_forgotten()
    {
        _recorder.Record("a");
        _recorder.Take();
        _recorder.Count.ShouldBe(1, "a key in use would else be made anew at each flush");

        _recorder.Take();
        _recorder.Count.ShouldBe(0);
    }

    [Fact]
    public void A_forgotten_key_is_remembered_at_its_next_use()
    {
        _recorder.Record("a");
        _recorder.Take();
        _recorder.Take();

        _recorder.Record("a", 5);

        _recorder.Take().ShouldBe([("a", 5)]);
    }

    /// <summary>
    /// Each thread counts up the time of each key while another takes without rest, so keys are forgotten and made anew all the time. Whatever
    /// was told last of a key must have been taken in the end.
    /// </summary>
    [Fact]
    public async Task No_last_use_is_lost_while_uses_are_taken()
    {
        const int Keys = 3;
        const int Uses = 60_000;
        const int Threads = 3;
        var last = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var taken = new Dictionary<string, long>(StringComparer.Ordinal);
        var takes = 0;

        var users = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (var use = 1; use <= Uses; use++)
                {
                    var (key, time) = ($"key{use % Keys}", (use * (long)Threads) + thread);
                    _recorder.Record(key, time);
                    last.AddOrUpdate(key, time, (_, known) => Math.Max(known, time));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var all = Task.WhenAll(users);
        while (!all.IsCompleted) Take();
        await all;
        Take();

        taken.ShouldBe(last, ignoreOrder: true);
        takes.ShouldBeGreaterThan(100, "taking must have gone on beside the uses");

        void Take()
        {
            takes++;
            foreach (var (key, time) in _recorder.Take()) taken[key] = Math.Max(taken.GetValueOrDefault(key), time);
        }
    }

    /// <summary>
    /// The one use of a key, at the moment in which the key is forgotten: nothing later would make up for it. A key id of millions of
    /// characters takes milliseconds to look up, which holds the moment open; each round begins to take a little later.
    /// </summary>
    [Fact]
    public async Task The_only_use_of_a_key_is_not_lost_when_the_key_is_being_forgotten()
    {
        var key = new string('k', 4_000_000);
        for (var round = 1; round <= 100; round++)
        {
            var time = round * 2L;
            _recorder.Record(key, time - 1);
            _recorder.Take().ShouldHaveSingleItem();
            using var together = new Barrier(2);

            var use = Task.Run(() =>
            {
                together.SignalAndWait();
                _recorder.Record(key, time);
            });
            together.SignalAndWait();
            Thread.SpinWait(round * 500);
            var taken = _recorder.Take();
            await use;
            taken.AddRange(_recorder.Take());

            taken.Select(t => t.UtcTicks).ShouldBe([time]);
            _recorder.Take().ShouldBeEmpty();
        }
    }
}
