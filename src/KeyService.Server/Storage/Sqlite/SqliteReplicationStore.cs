using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// Replication on SQLite, past EF Core. Microsoft.Data.Sqlite is synchronous inside: a thread of the pool works, so that the caller's
/// time-out can end its wait; the work itself then goes on to its end, and a beat may still be written.
/// </summary>
internal sealed class SqliteReplicationStore : IReplicationStore, IDisposable
{
    /// <summary>The feed needs one; callers who look at the replicas at the same moment open more, and these are not kept.</summary>
    private const int KeptSessions = 4;

    private readonly string _connectionString;
    private readonly WriterQueue _writers;
    private readonly ConcurrentQueue<SqliteFeedSession> _sessions = new();
    private volatile bool _disposed;

    public SqliteReplicationStore(string file, WriterQueue writers)
    {
        // ReadWrite: a file that is not there is a mistake, not a new store. Without Pooling each session keeps its own compiled commands.
        // The time-out is behind SQLite's own (a second), for the library's second try.
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 1,
        }.ConnectionString;
        _writers = writers;
    }

    /// <summary>A commit is one write to the index of the log: who looks afterwards sees it.</summary>
    public TimeSpan SettleTime => TimeSpan.Zero;

    public Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation) =>
        steps.Contains(FeedStep.Register)
            ? WriteAsync((session, turn) => RunCycle(session, steps, request, turn), cancellation)
            : ReadAsync(session => RunCycle(session, steps, request, turn: null), cancellation);

    public Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation) => WriteAsync(
        (session, _) =>
        {
            session.Report(replicaId, ticket, horizon);
            return true;
        },
        cancellation);

    public Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation) => ReadAsync(
        session =>
        {
            var ticket = drawTicket ? session.DrawTicket() : 0;
            var (_, epoch, time) = session.ReadWatermark();
            return new ReplicaLook(ticket, epoch, time, session.ReadReplicas());
        },
        cancellation);

    public Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation) =>
        WriteAsync((session, _) => session.Remove(replicaId, beat), cancellation);

    public Task RenewEpochAsync(CancellationToken cancellation) => Task.Run(
        () =>
        {
            using var session = new SqliteFeedSession(_connectionString);
            session.RenewEpoch();
        },
        cancellation).WaitAsync(cancellation);

    public void Dispose()
    {
        _disposed = true;
        while (_sessions.TryDequeue(out var session)) session.Dispose();
    }

    private static FeedAnswer RunCycle(SqliteFeedSession session, IReadOnlyList<FeedStep> steps, FeedRequest request, IDisposable? turn)
    {
        var answer = new FeedAnswer(false, 0, 0, null, default, []);
        foreach (var step in steps)
        {
            switch (step)
            {
                case FeedStep.Register:
                    answer = answer with { Registered = session.Register(request.Own) };
                    // Readers need no turn, and writers wait for this one.
                    turn?.Dispose();
                    break;
                case FeedStep.DrawTicket:
                    answer = answer with { Ticket = session.DrawTicket() };
                    break;
                case FeedStep.ReadWatermark:
                    var (watermark, epoch, time) = session.ReadWatermark();
                    answer = answer with { Watermark = watermark, Epoch = epoch, DatabaseTime = time };
                    break;
                case FeedStep.ReadChanges:
                    answer = answer with { Changes = session.ReadChanges(request.Horizon, request.MaxChanges + 1) };
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(steps));
            }
        }

        return answer;
    }

    private async Task<T> WriteAsync<T>(Func<SqliteFeedSession, IDisposable?, T> write, CancellationToken cancellation)
    {
        var turn = await _writers.EnterFirstAsync(cancellation);
        // No token: the work gives the turn back, whoever still waits for it.
        return await Task.Run(
            () =>
            {
                using (turn) return WithSession(session => write(session, turn));
            },
            CancellationToken.None).WaitAsync(cancellation);
    }

    private Task<T> ReadAsync<T>(Func<SqliteFeedSession, T> read, CancellationToken cancellation) =>
        Task.Run(() => WithSession(read), cancellation).WaitAsync(cancellation);

    private T WithSession<T>(Func<SqliteFeedSession, T> use)
    {
        if (!_sessions.TryDequeue(out var session)) session = new(_connectionString);
        var kept = false;
        try
        {
            var result = use(session);
            // After a failure a new one: nothing of it can be left open.
            kept = !_disposed && _sessions.Count < KeptSessions;
            if (kept) _sessions.Enqueue(session);
            return result;
        }
        finally
        {
            if (!kept) session.Dispose();
            else if (_disposed) Dispose();
        }
    }
}
