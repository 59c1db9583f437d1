using System.Data.Common;
using System.Text.Json;
using System.Threading.Channels;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Usage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Usage;

public class UsageFlusherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TimerWatch _time = new(Samples.Now);
    private readonly FakeEngine _engine = new();
    private readonly Channel<string> _flushed = Channel.CreateUnbounded<string>();
    private readonly UsageRecorder _recorder;
    private readonly UsageFlusher _flusher;

    public UsageFlusherTests()
    {
        _recorder = new UsageRecorder();
        _flusher = new UsageFlusher(_recorder, _engine, _time, Samples.Metrics(), NullLogger<UsageFlusher>.Instance);
        _engine.OnFlush = json =>
        {
            _flushed.Writer.TryWrite(json);
            return Task.CompletedTask;
        };
    }

    [Fact]
    public async Task A_flush_writes_key_ids_and_microseconds()
    {
        _recorder.Record("key_a", _time.GetUtcNow().UtcTicks);

        await _flusher.FlushAsync(CancellationToken.None);

        (await NextAsync()).ShouldBe("""[{"k":"key_a","t":1795435200000000}]""");
    }

    [Fact]
    public async Task Without_uses_nothing_is_written()
    {
        await _flusher.FlushAsync(CancellationToken.None);

        _flushed.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Many_keys_go_in_batches_of_at_most_1000_and_none_is_left_out()
    {
        for (var i = 0; i < 2_501; i++) _recorder.Record($"key_{i}", _time.GetUtcNow().UtcTicks);

        await _flusher.FlushAsync(CancellationToken.None);

        List<int> sizes = [];
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (_flushed.Reader.TryRead(out var json))
        {
            var batch = JsonDocument.Parse(json).RootElement.EnumerateArray().Select(row => row.GetProperty("k").GetString()!).ToList();
            sizes.Add(batch.Count);
            keys.UnionWith(batch);
        }

        sizes.ShouldBe([1_000, 1_000, 501]);
        keys.Count.ShouldBe(2_501);
    }

    [Fact]
    public async Task A_flush_that_fails_keeps_the_times_for_the_next_one()
    {
        _recorder.Record("key_a", _time.GetUtcNow().UtcTicks);
        var works = _engine.OnFlush;
        _engine.OnFlush = _ => Task.FromException(Outage());
        await _flusher.FlushAsync(CancellationToken.None);

        _engine.OnFlush = works;
        await _flusher.FlushAsync(CancellationToken.None);

        (await NextAsync()).ShouldBe("""[{"k":"key_a","t":1795435200000000}]""");
    }

    [Fact]
    public async Task A_later_use_wins_over_the_one_that_could_not_be_written()
    {
        _recorder.Record("key_a", _time.GetUtcNow().UtcTicks);
        var works = _engine.OnFlush;
        _engine.OnFlush = _ =>
        {
            _time.Advance(TimeSpan.FromMicroseconds(7));
            _recorder.Record("key_a", _time.GetUtcNow().UtcTicks);
            return Task.FromException(Outage());
        };
        await _flusher.FlushAsync(CancellationToken.None);

        _engine.OnFlush = works;
        await _flusher.FlushAsync(CancellationToken.None);

        (await NextAsync()).ShouldBe("""[{"k":"key_a","t":1795435200000007}]""");
    }

    [Fact]
    public async Task After_a_batch_that_failed_only_what_was_not_written_is_kept()
    {
        for (var i = 0; i < 1_700; i++) _recorder.Record($"key_{i}", _time.GetUtcNow().UtcTicks);
        var works = _engine.OnFlush;
        var calls = 0;
        _engine.OnFlush = _ => ++calls == 1 ? Task.CompletedTask : Task.FromException(Outage());
        await _flusher.FlushAsync(CancellationToken.None);

        _engine.OnFlush = works;
        await _flusher.FlushAsync(CancellationToken.None);

        JsonDocument.Parse(await NextAsync()).RootElement.GetArrayLength().ShouldBe(700);
        _flushed.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Every_five_seconds_what_was_used_is_written_also_after_a_failure()
    {
        UsageFlusher.Interval.ShouldBe(TimeSpan.FromSeconds(5));
        await _flusher.StartAsync(CancellationToken.None);
        (await _time.NextTimerAsync()).ShouldBe(UsageFlusher.Interval);

        _recorder.Record("key_a", _time.GetUtcNow().UtcTicks);
        _time.Advance(UsageFlusher.Interval - TimeSpan.FromTicks(1));
        _flushed.Reader.TryRead(out _).ShouldBeFalse();
        var works = _engine.OnFlush;
        var failed = new TaskCompletionSource();
        _engine.OnFlush = _ =>
        {
            _engine.OnFlush = works;
            failed.SetResult();
            return Task.FromException(Outage());
        };
        _time.Advance(TimeSpan.FromTicks(1));
        await failed.Task.WaitAsync(Patience);

        _time.Advance(UsageFlusher.Interval);
        (await NextAsync()).ShouldContain("key_a");
        await _flusher.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Stopping_writes_what_was_used_last()
    {
        await _flusher.StartAsync(CancellationToken.None);
        _recorder.Record("key_a", _time.GetUtcNow().UtcTicks);

        await _flusher.StopAsync(CancellationToken.None);

        _flushed.Reader.TryRead(out var json).ShouldBeTrue();
        json.ShouldContain("key_a");
        _recorder.Take().ShouldBeEmpty();
    }

    private Task<string> NextAsync() => _flushed.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private static DbException Outage() => new SqliteException("locked", 5);
}
