using System.Data;
using KeyService.Server.Keys;
using KeyService.Server.Storage.SqlServer;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Storage.Tests.TSql;

/// <summary>What the promise rests on is asked again: on each new connection, and after a while.</summary>
public sealed class FeedSettingsTests
{
    private static readonly Guid Connection = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid Fork = new("ffeeddcc-bbaa-9988-7766-554433221100");

    private readonly FakeTimeProvider _time = new();
    private readonly SqlServerSettings _settings;

    public FeedSettingsTests() => _settings = new(_time);

    [Fact]
    public async Task They_are_asked_for_once_on_a_connection_and_again_after_the_interval()
    {
        _settings.AreDue(Connection).ShouldBeTrue();
        (await AnswerAsync(1, 0, Fork)).ShouldBe(Fork);
        _settings.AreDue(Connection).ShouldBeFalse();
        _settings.ForkOf(Connection).ShouldBe(Fork);
        _settings.AreDue(Guid.NewGuid()).ShouldBeTrue("another session may be of another history");
        _settings.AreDue(Guid.Empty).ShouldBeTrue();

        _time.Advance(SqlServerSettings.Interval);
        _settings.AreDue(Connection).ShouldBeTrue();
    }

    [Fact]
    public async Task Reads_that_may_be_torn_are_unavailable_until_the_setting_is_right_again()
    {
        await AnswerAsync(0, 0, null);
        Should.Throw<StoreUnavailableException>(_settings.ThrowIfTorn).Failure.ShouldContain("READ_COMMITTED_SNAPSHOT");
        _settings.AreDue(Connection).ShouldBeTrue("while it is wrong, it is asked at every chance");
        await AnswerAsync(1, 0, null);

        _settings.ThrowIfTorn();
        _settings.AreDue(Connection).ShouldBeFalse();
    }

    [Fact]
    public async Task Commits_that_a_crash_may_undo_are_never_complete_and_are_read_all_the_same()
    {
        await AnswerAsync(1, 2, null);
        Should.Throw<StoreUnavailableException>(_settings.ThrowIfUnkept).Failure.ShouldContain("DELAYED_DURABILITY");
        _settings.ThrowIfTorn();
        await AnswerAsync(1, 1, null);

        _settings.ThrowIfUnkept();
    }

    [Fact]
    public async Task What_cannot_be_seen_says_nothing()
    {
        using var nothing = new DataTableReader([Table(), Rest()]);
        (await _settings.ReadAsync(Connection, nothing, CancellationToken.None)).ShouldBeNull();
        (await nothing.ReadAsync()).ShouldBeTrue();
        await AnswerAsync(null, null, null);

        _settings.ThrowIfTorn();
        _settings.ThrowIfUnkept();
    }

    private async Task<Guid?> AnswerAsync(int? snapshot, int? durability, Guid? fork)
    {
        var table = Table();
        table.Rows.Add((object?)snapshot ?? DBNull.Value, (object?)durability ?? DBNull.Value, (object?)fork ?? DBNull.Value);
        using var reader = new DataTableReader([table, Rest()]);
        return await _settings.ReadAsync(Connection, reader, CancellationToken.None);
    }

    private static DataTable Table()
    {
        var table = new DataTable();
        table.Columns.Add("Snapshot", typeof(int));
        table.Columns.Add("Durability", typeof(int));
        table.Columns.Add("Fork", typeof(Guid));
        return table;
    }

    private static DataTable Rest()
    {
        var table = new DataTable();
        table.Columns.Add("Rest", typeof(int));
        table.Rows.Add(1);
        return table;
    }
}
