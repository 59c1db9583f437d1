using System.Data.Common;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// Replication on SQL Server: each call is one round trip on a pooled connection. Nothing is tried again: a cycle that fails is followed
/// by the next, which must know that its beat may have been written.
/// </summary>
/// <param name="connectionString">Of the feed.</param>
/// <param name="primary">Whether it is the primary.</param>
/// <param name="settings">What the promise rests on beside the rows.</param>
/// <param name="open">Opens a connection, and names it as <see cref="SqlServerSettings"/> knows it; null: with SqlClient.</param>
internal sealed class SqlServerReplicationStore(
    string connectionString, SqlServerPrimary primary, SqlServerSettings settings, Func<CancellationToken, Task<(DbConnection Connection, Guid Id)>>? open = null) : IReplicationStore
{
    private const int CommandSeconds = 3;

    /// <summary>
    /// A pool of its own, so that the feed does not wait behind management. No silent reconnecting: it would be a retry.
    /// </summary>
    private readonly string _connectionString = new SqlConnectionStringBuilder(connectionString) { ConnectRetryCount = 0 }.ConnectionString;

    public TimeSpan SettleTime { get; } = TimeSpan.FromSeconds(5);

    public async Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.Cycle(steps, request);
        return await RunAsync(
            command,
            (reader, fork, token) =>
            {
                settings.ThrowIfTorn();
                return ReadCycleAsync(steps, reader, fork, token);
            },
            cancellation);
    }

    public async Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.Report(replicaId, ticket, horizon);
        await RunPlainAsync(command, (_, _) => Task.FromResult(true), cancellation);
    }

    public async Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.Look(drawTicket);
        return await RunAsync(
            command,
            (reader, fork, token) =>
            {
                settings.ThrowIfTorn();
                if (drawTicket) settings.ThrowIfUnkept();
                return ReadLookAsync(drawTicket, reader, fork, token);
            },
            cancellation);
    }

    public async Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.Remove(replicaId, beat);
        return await RunPlainAsync(command, async (reader, token) => await reader.ReadAsync(token) && reader.GetInt32(0) == 1, cancellation);
    }

    public async Task RenewEpochAsync(CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.RenewEpoch();
        await RunPlainAsync(command, (_, _) => Task.FromResult(true), cancellation);
    }

    public async Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.ReadFingerprints();
        return await RunPlainAsync(command, ReadFingerprintsAsync, cancellation);
    }

    public async Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation)
    {
        await using var command = SqlServerFeedCommands.AddFingerprint(row);
        await RunPlainAsync(command, (_, _) => Task.FromResult(true), cancellation);
    }

    internal static async Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(DbDataReader reader, CancellationToken cancellation)
    {
        var rows = new List<MasterKeyFingerprintRow>();
        while (await reader.ReadAsync(cancellation)) rows.Add(SqlServerFeedAnswers.FingerprintOf(reader));
        return rows;
    }

    /// <summary>An answer for each step, in their order.</summary>
    internal static async Task<FeedAnswer> ReadCycleAsync(IReadOnlyList<FeedStep> steps, DbDataReader reader, Guid? fork, CancellationToken cancellation)
    {
        var answer = new FeedAnswer(false, 0, 0, null, default, []);
        for (var i = 0; i < steps.Count; i++)
        {
            if (i > 0 && !await reader.NextResultAsync(cancellation)) throw new InvalidOperationException("The batch has fewer answers than steps.");
            if (steps[i] == FeedStep.ReadChanges)
            {
                var changes = new List<KeyChange>();
                while (await reader.ReadAsync(cancellation)) changes.Add(SqlServerFeedAnswers.ChangeOf(reader));
                answer = answer with { Changes = changes };
                continue;
            }

            await MustReadAsync(reader, cancellation);
            answer = steps[i] switch
            {
                FeedStep.Register => answer with { Registered = reader.GetInt32(0) == 1 },
                FeedStep.DrawTicket => answer with { Ticket = reader.GetInt64(0) },
                _ => WithWatermark(answer, reader, fork),
            };
        }

        return answer;
    }

    internal static async Task<ReplicaLook> ReadLookAsync(bool drawTicket, DbDataReader reader, Guid? fork, CancellationToken cancellation)
    {
        var ticket = 0L;
        if (drawTicket)
        {
            await MustReadAsync(reader, cancellation);
            ticket = reader.GetInt64(0);
            await reader.NextResultAsync(cancellation);
        }

        await MustReadAsync(reader, cancellation);
        var (_, epoch, time) = SqlServerFeedAnswers.WatermarkOf(reader, fork);
        await reader.NextResultAsync(cancellation);
        var rows = new List<ReplicaRow>();
        while (await reader.ReadAsync(cancellation)) rows.Add(SqlServerFeedAnswers.ReplicaOf(reader));
        return new(ticket, epoch, time, rows);
    }

    private static FeedAnswer WithWatermark(FeedAnswer answer, DbDataReader row, Guid? fork)
    {
        var (watermark, epoch, time) = SqlServerFeedAnswers.WatermarkOf(row, fork);
        return answer with { Watermark = watermark, Epoch = epoch, DatabaseTime = time };
    }

    /// <summary>Only the epoch can be missing: somebody deleted its row.</summary>
    private static async Task MustReadAsync(DbDataReader reader, CancellationToken cancellation)
    {
        if (!await reader.ReadAsync(cancellation))
            throw new InvalidOperationException("The store has no epoch; `keyservice recover` makes one.");
    }

    private async Task<(DbConnection Connection, Guid Id)> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return (connection, connection.ClientConnectionId);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private Task<T> RunPlainAsync<T>(SqlCommand command, Func<DbDataReader, CancellationToken, Task<T>> read, CancellationToken cancellation) =>
        RunAsync(command, (reader, _, token) => read(reader, token), cancellation, asksForSettings: false);

    /// <param name="command">Its text and parameters.</param>
    /// <param name="read">Reads the answers of the batch; it is given the recovery fork, if that can be seen.</param>
    /// <param name="cancellation">The caller's.</param>
    /// <param name="asksForSettings">Whether the settings are asked for in the same round trip when they are due.</param>
    private async Task<T> RunAsync<T>(
        SqlCommand command, Func<DbDataReader, Guid?, CancellationToken, Task<T>> read, CancellationToken cancellation, bool asksForSettings = true)
    {
        try
        {
            var (connection, id) = await (open ?? OpenAsync)(cancellation);
            await using var opened = connection;
            var asks = asksForSettings && settings.AreDue(id);
            await using var sent = connection.CreateCommand();
            (sent.CommandText, sent.CommandTimeout) = (asks ? SqlServerFeedStatements.WithSettings(command.CommandText) : command.CommandText, CommandSeconds);
            // A parameter belongs to one command.
            foreach (ICloneable parameter in command.Parameters) sent.Parameters.Add(parameter.Clone());
            await using var reader = await sent.ExecuteReaderAsync(cancellation);
            await primary.CheckAsync(reader, connection, cancellation);
            var fork = asks ? await settings.ReadAsync(id, reader, cancellation) : settings.ForkOf(id);
            var answer = await read(reader, fork, cancellation);
            // To the end of the batch: what a later statement says is wrong is known only then.
            while (await reader.NextResultAsync(cancellation))
            {
            }

            return answer;
        }
        catch (Exception e) when (GivenUp.Is(e, cancellation))
        {
            throw GivenUp.Of(e, cancellation);
        }
    }
}
