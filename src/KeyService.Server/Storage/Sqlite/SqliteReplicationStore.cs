using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// Replication on SQLite, past EF Core. Microsoft.Data.Sqlite is synchronous inside: a thread of the pool works, so that the caller's
/// time-out can end its wait; the work itself then goes on to its end, and a beat may still be written.
/// </summary>
internal sealed class SqliteReplicationStore : IReplicationStore, IDisposable
{
    /// <summary>The feed needs one; callers who look at the replicas at the same moment open more, and these are not kept.</summary>
    private const int KeptSessions = 4;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(SqliteFeedStatements.BusyMilliseconds);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(1);

    private readonly string _connectionString;
    private readonly WriterQueue _writers;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<SqliteFeedSession> _sessions = new();
    private volatile bool _disposed;

    public SqliteReplicationStore(string file, WriterQueue writers, TimeProvider time)
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
        _time = time;
    }

    /// <summary>A commit is one write to the index of the log: who looks afterwards sees it.</summary>
    public TimeSpan SettleTime => TimeSpan.Zero;

    public async Task<FeedAnswer> RunCycleAsync(IReadOnlyList<FeedStep> steps, FeedRequest request, CancellationToken cancellation)
    {
        var turn = steps.Contains(FeedStep.Register) ? await _writers.EnterFirstAsync(cancellation) : null;
        return await RunAsync(turn, session => RunCycleAsync(session, steps, request, turn), cancellation);
    }

    public Task ReportAsync(string replicaId, long ticket, long horizon, CancellationToken cancellation) => WriteAsync(
        session =>
        {
            session.Report(replicaId, ticket, horizon);
            return true;
        },
        cancellation);

    public Task<ReplicaLook> LookAsync(bool drawTicket, CancellationToken cancellation) => RunAsync(
        turn: null,
        session =>
        {
            var ticket = drawTicket ? session.DrawTicket() : 0;
            var (_, epoch, time) = session.ReadWatermark();
            return Task.FromResult(new ReplicaLook(ticket, epoch, time, session.ReadReplicas()));
        },
        cancellation);

    public Task<bool> RemoveReplicaAsync(string replicaId, long? beat, CancellationToken cancellation) =>
        WriteAsync(session => session.Remove(replicaId, beat), cancellation);

    public Task RenewEpochAsync(CancellationToken cancellation) => WriteDurablyAsync(session => session.WriteDurably(SqliteFeedStatements.RenewEpoch), cancellation);

    public Task<IReadOnlyList<MasterKeyFingerprintRow>> ReadFingerprintsAsync(CancellationToken cancellation) =>
        RunAsync(turn: null, session => Task.FromResult(session.ReadFingerprints()), cancellation);

    public Task AddFingerprintAsync(MasterKeyFingerprintRow row, CancellationToken cancellation) => WriteDurablyAsync(
        session => session.WriteDurably(SqliteFeedStatements.AddFingerprint, ("$generation", row.Generation.ToString()), ("$fingerprint", row.Fingerprint)),
        cancellation);

    public void Dispose()
    {
        _disposed = true;
        while (_sessions.TryDequeue(out var session)) session.Dispose();
    }

    /// <summary>On a connection of its own, which is not kept.</summary>
    private Task WriteDurablyAsync(Action<SqliteFeedSession> write, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using var session = new SqliteFeedSession(_connectionString);
            write(session);
        },
        cancellation).WaitAsync(cancellation);

    private async Task<FeedAnswer> RunCycleAsync(SqliteFeedSession session, IReadOnlyList<FeedStep> steps, FeedRequest request, IDisposable? turn)
    {
        var answer = new FeedAnswer(false, 0, 0, null, default, []);
        foreach (var step in steps)
        {
            switch (step)
            {
                case FeedStep.Register:
                    answer = answer with { Registered = await WriteAsync(session, s => s.Register(request.Own)) };
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

    private async Task<T> WriteAsync<T>(Func<SqliteFeedSession, T> write, CancellationToken cancellation) =>
        await RunAsync(await _writers.EnterFirstAsync(cancellation), session => WriteAsync(session, write), cancellation);

    /// <summary>In a transaction of its own. One that fails ends with its connection.</summary>
    private async Task<T> WriteAsync<T>(SqliteFeedSession session, Func<SqliteFeedSession, T> write)
    {
        var begun = _time.GetTimestamp();
        while (!session.TryBeginWrite())
        {
            if (_time.GetElapsedTime(begun) > LongestWait) throw new SqliteException("Another process writes without end.", raw.SQLITE_BUSY);
            await Task.Delay(RetryInterval, _time);
        }

        var result = write(session);
        session.Commit();
        return result;
    }

    /// <summary>No token for the work: it gives turn and session back, whoever still waits for it.</summary>
    private async Task<T> RunAsync<T>(IDisposable? turn, Func<SqliteFeedSession, Task<T>> use, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) turn?.Dispose();
        cancellation.ThrowIfCancellationRequested();
        return await Task.Run(
            async () =>
            {
                using (turn) return await WithSessionAsync(use);
            },
            CancellationToken.None).WaitAsync(cancellation);
    }

    private async Task<T> WithSessionAsync<T>(Func<SqliteFeedSession, Task<T>> use)
    {
        if (!_sessions.TryDequeue(out var session)) session = new(_connectionString);
        var kept = false;
        try
        {
            session.MustBeLive();
            var result = await use(session);
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
