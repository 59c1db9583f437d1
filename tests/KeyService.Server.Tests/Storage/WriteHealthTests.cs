using KeyService.Server.Observability;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Storage;

public class WriteHealthTests
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly LogLines<WriteHealth> _log = new();
    private readonly WriteHealth _health;

    public WriteHealthTests() => _health = new(Samples.Metrics(_time), _time, _log);

    [Theory]
    [InlineData(13, "the disk is full")]
    [InlineData(8, "read-only")]
    [InlineData(10, "I/O error")]
    [InlineData(11, "corrupt")]
    public async Task A_change_that_the_disk_refuses_is_a_problem_at_once_until_something_was_written(int code, string words)
    {
        await FailAsync(code);

        _health.Problem.ShouldNotBeNull().ShouldContain(words);
        _log.All.ShouldHaveSingleItem().ShouldContain(words);

        await _health.WatchAsync(Task.FromResult(1));
        _health.Problem.ShouldNotBeNull("a change that changes nothing writes nothing");
        _health.Succeeded(isProbe: true);
        _health.Problem.ShouldBeNull();
        _health.IsInDoubt.ShouldBeFalse();
        _log.All[^1].ShouldBe("Changes are written again: ready.");
    }

    [Fact]
    public async Task A_lock_is_a_problem_when_nothing_was_written_for_a_while()
    {
        await FailAsync(5);
        _health.Problem.ShouldBeNull();
        _health.IsInDoubt.ShouldBeTrue();

        _time.Advance(WriteHealth.Patience);
        _health.Check();
        _health.Problem.ShouldNotBeNull().ShouldContain("locked");
        _log.All.ShouldHaveSingleItem();

        await _health.WatchAsync(Task.FromResult(1));
        _health.Problem.ShouldBeNull();
    }

    [Fact]
    public async Task A_change_that_is_refused_for_what_it_asks_says_nothing_of_the_store()
    {
        await Should.ThrowAsync<FormatException>(() => _health.WatchAsync(Task.FromException<int>(new FormatException("x"))));

        _health.IsInDoubt.ShouldBeFalse();
    }

    [Fact]
    public void Each_error_of_SQLite_is_named_in_words()
    {
        StoreErrors.CauseOf(new SqliteException("x", 13)).ShouldBe("SQLite error 13: the disk is full");
        StoreErrors.CauseOf(new InvalidOperationException("x", new SqliteException("x", 10, 4874))).ShouldBe("SQLite error 10, extended 4874: the disk reports an I/O error");
        StoreErrors.CauseOf(new SqliteException("x", 1)).ShouldBe("SQLite error 1");
        StoreErrors.CauseOf(new TimeoutException("hunter2")).ShouldBe(FailureCause.NoAnswer);
    }

    private Task FailAsync(int code) => Should.ThrowAsync<SqliteException>(() => _health.WatchAsync(Task.FromException<int>(new SqliteException("x", code))));
}
