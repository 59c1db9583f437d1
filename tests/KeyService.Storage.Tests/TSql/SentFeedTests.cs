using System.Data.Common;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using KeyService.Storage.Tests.Stores;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Storage.Tests.TSql;

/// <summary>What replication, flushes and pings send, and what they make of the settings of the database.</summary>
public sealed class SentFeedTests
{
    private static readonly FeedStep[] Steps = [FeedStep.DrawTicket, FeedStep.ReadWatermark, FeedStep.ReadChanges];
    private static readonly DateTime Time = new(2027, 3, 4, 5, 6, 7, DateTimeKind.Unspecified);
    private static readonly Guid Fork = new("ffeeddcc-bbaa-9988-7766-554433221100");

    private readonly RecordingServer _server = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SqlServerEngine _engine;
    private Guid _connection = Guid.NewGuid();

    public SentFeedTests()
    {
        _engine = new("Server=none;Database=none", _time, connections: new(_server.NewConnection(), OpenAsync));
        _server.Rows[""] = new() { ["Updateability"] = "READ_WRITE", ["Ticket"] = 42L, ["Value"] = 1 };
        _server.Rows["StoreEpochs"] = new() { ["Watermark"] = 77L, ["Epoch"] = new byte[16], ["RenewTime"] = Time, ["DatabaseTime"] = Time };
        Is(snapshot: 1, durability: 0);
    }

    [Fact]
    public async Task The_settings_are_asked_for_on_a_new_connection_and_after_the_interval_alone()
    {
        var look = await LookAsync(drawTicket: true);
        (look.Ticket, look.Epoch).ShouldBe((42, new StoreEpoch(new('0', 32), new(Time, TimeSpan.Zero), Fork)));
        (await LookAsync(drawTicket: false)).Epoch.ShouldBe(look.Epoch, "the fork as this connection was told of it");
        await CycleAsync();
        _connection = Guid.NewGuid();
        await CycleAsync();
        _time.Advance(SqlServerSettings.Interval);
        await LookAsync(drawTicket: false);
        await _engine.Replication.ReportAsync(new('a', 32), 1, 1, CancellationToken.None);

        Asked().ShouldBe([true, false, false, true, true, false]);
        _server.Commands.ShouldAllBe(command => command.Timeout == 3);
    }

    [Fact]
    public async Task Where_reads_may_be_torn_nothing_that_answers_a_call_is_served_until_it_is_right_again()
    {
        Is(snapshot: 0, durability: 0);

        await RefusesAsync(CycleAsync, "READ_COMMITTED_SNAPSHOT");
        await RefusesAsync(() => LookAsync(drawTicket: false), "READ_COMMITTED_SNAPSHOT");
        await RefusesAsync(() => _engine.FindKeyAsync(new byte[32], CancellationToken.None), "READ_COMMITTED_SNAPSHOT");
        await RefusesAsync(() => _engine.PingAsync(CancellationToken.None), "READ_COMMITTED_SNAPSHOT");
        Asked().ShouldBe([true, true], "while it is wrong, every batch asks; look-up and ping send nothing");

        Is(snapshot: 1, durability: 0);
        await CycleAsync();
        await _engine.PingAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Where_commits_may_be_lost_only_the_look_that_confirms_is_refused()
    {
        Is(snapshot: 1, durability: 2);

        await CycleAsync();
        await LookAsync(drawTicket: false);
        await RefusesAsync(() => LookAsync(drawTicket: true), "DELAYED_DURABILITY");
        await _engine.PingAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Whatever_a_reader_throws_after_the_caller_went_away_is_its_cancellation()
    {
        using var caller = new CancellationTokenSource();
        _server.Override = _ => throw new ArgumentOutOfRangeException(null as string);
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => _engine.Replication.LookAsync(drawTicket: false, caller.Token));
        _server.Override = _ =>
        {
            caller.Cancel();
            throw new ArgumentOutOfRangeException(null as string);
        };

        var cancelled = await Should.ThrowAsync<OperationCanceledException>(() => _engine.Replication.LookAsync(drawTicket: false, caller.Token));

        cancelled.CancellationToken.ShouldBe(caller.Token);
    }

    [Fact]
    public async Task A_flush_may_take_longer_than_a_look_up_and_leaves_the_look_ups_their_own_bound()
    {
        await _engine.FlushUsageAsync("[]", CancellationToken.None);
        await _engine.PingAsync(CancellationToken.None);

        _server.Commands.Select(command => command.Timeout).ShouldBe([5, 2]);
        _server.Commands[0].Text.ShouldContain("[KeyUsage]");
    }

    private Task<(DbConnection Connection, Guid Id)> OpenAsync(CancellationToken cancellation)
    {
        var connection = _server.NewConnection();
        connection.Open();
        return Task.FromResult((connection, _connection));
    }

    private void Is(int snapshot, int durability) => _server.Rows["databases"] = new() { ["Snapshot"] = snapshot, ["Durability"] = durability, ["Fork"] = Fork };

    private IEnumerable<bool> Asked() => _server.Commands.Select(command => command.Text.Contains(SqlServerFeedStatements.ReadSettings, StringComparison.Ordinal));

    private Task<ReplicaLook> LookAsync(bool drawTicket) => _engine.Replication.LookAsync(drawTicket, CancellationToken.None);

    private Task<FeedAnswer> CycleAsync() => _engine.Replication.RunCycleAsync(Steps, new(ReplicationTests.Replica(known: 1), 5, 10), CancellationToken.None);

    private static async Task RefusesAsync(Func<Task> run, string setting) => (await Should.ThrowAsync<StoreUnavailableException>(run)).Failure.ShouldContain(setting);
}
